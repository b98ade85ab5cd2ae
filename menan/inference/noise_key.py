"""The noise of a release: from a secret key, or from a public seed for measurements.

Whoever can compute the noise of a z subtracts it. The noise of a release is therefore the output of
a cryptographic function, SHAKE-256, of a secret key and of everything that distinguishes one z from
another. Two z never share their noise unless they also share u, the z without noise: from z1 and z2
with the same noise follows u1 - u2, and from the same u with different sigma the noise itself.
"""

import hashlib
import json
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from menan.errors import InputError
from menan.features.store import FrameStore
from menan.files.mapping import to_mapping
from menan.inference.key_file import KEY_BYTES, read_or_make_key
from menan.model.bottlenecks import utterance_noise
from menan.model.network import Network

_PURPOSE = b"menan: noise of a released embedding, 1"


class NoiseSource(ABC):
    """Where the standard normal noise of a stochastic bottleneck comes from."""

    @property
    @abstractmethod
    def record(self) -> dict[str, Any]:
        """What models.json says about it."""

    def draw(
        self, network: Network, store: FrameStore, index: Tensor, draws: int = 1
    ) -> Tensor | None:
        """Noise for utterances of a store, float32 (n, dims), on the store's device.

        None if the network's bottleneck takes none.

        Args:
            index: int64 (n,), into the store.
            draws: mean of this many draws.
        """
        if not network.bottleneck.is_stochastic:
            return None
        return self._rows(network, store, index.tolist(), draws).to(store.frames.device)

    @abstractmethod
    def _rows(self, network: Network, store: FrameStore, index: list[int], draws: int) -> Tensor:
        """:meth:`draw` for a stochastic bottleneck, on the CPU."""


@dataclass(frozen=True)
class NoiseSeed(NoiseSource):
    """Noise that everybody can compute: the noise of the evaluation in training."""

    seed: int

    @property
    def record(self) -> dict[str, Any]:
        return {"source": "seed", "seed": self.seed, "use": "evaluation only, not for release"}

    def _rows(self, network: Network, store: FrameStore, index: list[int], draws: int) -> Tensor:
        utts = [store.utts[i] for i in index]
        return utterance_noise(utts, network.encoder.dims_out, self.seed, draws)


@dataclass(frozen=True)
class NoiseKey(NoiseSource):
    """Noise that cannot be computed without the key.

    key: 32 secret bytes.
    is_kept: whether a file holds the key, so that the same release can be made again.
    """

    key: bytes = field(repr=False)
    is_kept: bool = False

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise InputError(
                f"expected a noise key of {KEY_BYTES} bytes, found {len(self.key)} bytes; use "
                "NoiseKey.fresh() or NoiseKey.from_file(path)"
            )

    @classmethod
    def fresh(cls) -> "NoiseKey":
        """A key from the operating system that nobody keeps."""
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def from_file(cls, path: str | Path, release: str | Path | None = None) -> "NoiseKey":
        """The key in a file, which is made if it is missing.

        Args:
            release: the directory that will be released; the key must lie outside.

        Raises:
            InputError: a file in the release, that others may read, or that is not a key.
        """
        path = Path(path)
        if release is not None and path.resolve().is_relative_to(Path(release).resolve()):
            raise InputError(
                f"{path}: the noise key lies in {release}, which is to be released; keep the key "
                "outside of it"
            )
        return cls(read_or_make_key(path), is_kept=True)

    @property
    def record(self) -> dict[str, Any]:
        return {"source": "key file" if self.is_kept else "discarded key"}

    def _rows(self, network: Network, store: FrameStore, index: list[int], draws: int) -> Tensor:
        model, dims = embedding_digest(network), network.encoder.dims_out
        rows = np.empty((len(index), dims), np.float32)
        for row, i in zip(rows, index, strict=True):
            features, utt = _features_digest(store, i), store.utts[i]
            each = [self.one_draw(model, features, utt, n, dims) for n in range(draws)]
            row[:] = np.mean(each, axis=0)
        return torch.from_numpy(rows)

    def one_draw(
        self, model: bytes, features: bytes, utt: str, number: int, dims: int
    ) -> np.ndarray:
        """Standard normal numbers, float64 (dims,).

        Args:
            model: :func:`embedding_digest` of the network.
            features: digest of the utterance's matrix.
            number: number of the draw, from 0.
        """
        place = utt.encode("utf-8", "surrogateescape"), str(number).encode()
        parts = (_PURPOSE, self.key, model, features, *place)
        return _normal(hashlib.shake_256(_joined(parts)).digest(8 * dims))


def source_from(
    key: str | Path | None, seed: int | None, release: str | Path | None = None
) -> NoiseSource:
    """The source that the options ``--noise-key`` and ``--noise-seed`` ask for.

    Args:
        key: key file; see :meth:`NoiseKey.from_file`, also for ``release``.
        seed: public seed. Without both, a fresh key is drawn.

    Raises:
        InputError: both are given, or the key file is refused.
    """
    if key is not None and seed is not None:
        raise InputError(
            "expected --noise-key (for a release) or --noise-seed (for measurements), found both; "
            "leave one out"
        )
    if key is not None:
        return NoiseKey.from_file(key, release)
    return NoiseKey.fresh() if seed is None else NoiseSeed(seed)


def refuse_needless_key(source: NoiseSource, network: Network, where: str | Path) -> None:
    """Raise InputError for a key file and a network without noise, which it cannot protect."""
    kept = isinstance(source, NoiseKey) and source.is_kept
    if kept and not network.bottleneck.is_stochastic:
        raise InputError(
            f"{where}: --noise-key, but the bottleneck is {network.bottleneck.settings.name}, "
            "which has no noise: the key would protect nothing; leave --noise-key out"
        )


def embedding_digest(network: Network) -> bytes:
    """SHA-256 of all that turns features and noise into z: settings, weights and input length.

    Only the classifiers are left out, and the card. Models that share their encoder, such as the
    folds that picked the same epoch, then share the noise too, and release the same z again. A
    second draw of the same u would let the noise be averaged away.
    """
    settings = to_mapping(network.shape.model) | {"hidden": None, "rows": network.shape.rows}
    parts = [json.dumps(settings, sort_keys=True).encode()]
    for name, tensor in sorted(network.state_dict().items()):
        if not name.startswith(("emotion.", "speaker.")):
            array = tensor.cpu().numpy()
            parts += [f"{name} {array.dtype} {array.shape}".encode(), array.tobytes()]
    return hashlib.sha256(_joined(parts)).digest()


def _features_digest(store: FrameStore, i: int) -> bytes:
    first, length = int(store.first[i]), int(store.length[i])
    matrix = store.frames[first : first + length].float().cpu().numpy()
    return hashlib.sha256(_joined([str(matrix.shape).encode(), matrix.tobytes()])).digest()


def _joined(parts: list[bytes] | tuple[bytes, ...]) -> bytes:
    """Each part after its length: different parts never give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _normal(stream: bytes) -> np.ndarray:
    """Standard normal float64 from uniform bytes, eight for each.

    >>> _normal(bytes(8)), _normal(8 * b"\\xff")  # the ends of the range are finite
    (array([-8.20953615]), array([8.20953615]))
    """
    from scipy.special import ndtri  # a quarter of a second that models without noise need not wait

    # The middles of 2^52 equal parts of (0, 1). With 2^53 parts the last middle would round to 1.
    parts = np.frombuffer(stream, dtype="<u8") >> 12
    return ndtri((parts.astype(np.float64) + 0.5) * 2.0**-52)
