"""What the networks of a system, and of its unprotected rival, release of some utterances."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from menan.analysis.attack.attack_names import (
    FRESH,
    IGNORANT,
    INFORMED,
    KNOWN,
)
from menan.analysis.attack.attacked import Attacked
from menan.analysis.attack.releases import Release
from menan.datadir.dump_directory import Dump, refuse_other_features
from menan.datadir.joint_dump import open_dumps
from menan.errors import InputError
from menan.features.store import load_block
from menan.inference.infer import BATCH
from menan.inference.model_paths import model_files
from menan.model.bottlenecks import utterance_noise
from menan.model.model_file import ModelCard, load_model
from menan.model.network import Network


@dataclass(frozen=True)
class AttackedNetwork:
    """A network, and ENC's output for all utterances, float32 (utterances, dims), on the CPU.

    sha256: digest of the model file.
    """

    path: Path
    sha256: str
    network: Network
    card: ModelCard
    v: Tensor

    @property
    def key(self) -> tuple[int, str | None]:
        """Seed and held-out group, which a network and its rival share."""
        return self.card.seed, self.card.group

    def embedding(self, utts: Sequence[str], seed: int) -> Release:
        """z, with one draw of public noise released."""
        return self._release(utts, seed, lambda z: z, (IGNORANT, FRESH, INFORMED, KNOWN))

    def posteriors(self, utts: Sequence[str], seed: int) -> Release:
        """EC's log posteriors of the same z in nats, then the posteriors: 2 x emotions columns.

        Their means over many utterances say different things.
        """

        def read(z: Tensor) -> Tensor:
            log_p = F.log_softmax(self.network.emotion(z), dim=-1)
            return torch.cat([log_p, log_p.exp()], dim=-1)

        release = self._release(utts, seed, read, (FRESH, INFORMED))
        return replace(release, nearly_gaussian=log_odds)

    def _release(
        self,
        utts: Sequence[str],
        seed: int,
        read: Callable[[Tensor], Tensor],
        levels: tuple[str, ...],
    ) -> Release:
        bottleneck, v = self.network.bottleneck, self.v
        if not bottleneck.is_stochastic:
            return Release.of(_array(read(bottleneck(v))))

        def draw(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            own = v[rows]
            noise = torch.from_numpy(rng.standard_normal(own.shape, dtype=np.float32))
            return _array(read(bottleneck(own, noise)))

        return Release(
            released=_array(read(bottleneck(v, utterance_noise(utts, v.shape[1], seed)))),
            bare=_array(read(bottleneck(v, torch.zeros_like(v)))),
            draw=draw,
            levels=levels,
        )


def log_odds(posteriors: np.ndarray) -> np.ndarray:
    """Log odds of C emotions, float64 (utterances, C - 1), from :meth:`AttackedNetwork.posteriors`.

    A linear classifier behind Gaussian noise makes them Gaussian.
    """
    log_p = posteriors[:, : posteriors.shape[1] // 2]
    return log_p[:, 1:] - log_p[:, :1]


@torch.inference_mode()
def attacked_networks(
    systems: Sequence[Path], rule: str, attacked: Attacked, device: torch.device
) -> list[AttackedNetwork]:
    """Run the networks of some system directories over all utterances.

    Folds that share a network, such as those of a group after the last epoch, count once.

    Raises:
        InputError: no models, different systems, or features of another front-end.
    """
    loaded: dict[tuple[Path, str | None, int], tuple[Path, Network, ModelCard]] = {}
    for system in systems:
        for path in model_files(system, rule):
            network, card = load_model(path, device)
            loaded.setdefault((system, card.group, card.epoch), (path, network, card))
    found = list(loaded.values())
    _refuse_different(found)
    dumps = [open_dumps(part.path) for part in attacked.parts]
    for path, _, card in found:
        for dump in dumps:
            refuse_other_features(dump, card.features, path)
    outputs: list[list[Tensor]] = [[] for _ in found]
    blocks = [
        (dump, part.utts[start : start + BATCH])
        for dump, part in zip(dumps, attacked.parts, strict=True)
        for start in range(0, len(part.utts), BATCH)
    ]
    for dump, utts in tqdm(blocks, desc="embeddings", unit="block", disable=None):
        for own, v in zip(outputs, _encode(found, dump, utts, device), strict=True):
            own.append(v)
    return [
        AttackedNetwork(path, _sha256(path), network.cpu(), card, torch.cat(own))
        for (path, network, card), own in zip(found, outputs, strict=True)
    ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _encode(
    found: Sequence[tuple[Path, Network, ModelCard]],
    dump: Dump,
    utts: Sequence[str],
    device: torch.device,
) -> list[Tensor]:
    store = load_block(dump, utts, device)
    index = torch.arange(len(utts), device=device)
    outputs = []
    for _, network, card in found:
        features, lengths = network.encoder.read(store, index, card.features.rows)
        outputs.append(network.encoder(features, lengths).cpu())
    return outputs


def _refuse_different(found: Sequence[tuple[Path, Network, ModelCard]]) -> None:
    first_path, _, first = found[0]
    for path, _, card in found:
        for name in ("objective", "model", "training", "emotions", "rule"):
            if getattr(card, name) != getattr(first, name):
                raise InputError(
                    f"{path}: its {name} differs from that of {first_path}; attack the seeds of "
                    "one system at a time"
                )


def _array(x: Tensor) -> np.ndarray:
    return x.double().numpy()
