"""Posteriors and embeddings of a model, in memory and in the directory that menan-infer writes."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from torch import Tensor

from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.tables import c_sorted, read_lines
from menan.datadir.validity import unpredicted_finding
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.model.model_file import ModelCard, card_from_json, card_to_json
from menan.provenance import code_version


@dataclass(frozen=True)
class Outputs:
    """The outputs of a model by utterance id: posteriors (emotions,) and z (dims,), on the CPU."""

    card: ModelCard
    posteriors: dict[str, Tensor] = field(default_factory=dict)
    embeddings: dict[str, Tensor] = field(default_factory=dict)

    def add(self, utts: Sequence[str], log_posteriors: Tensor, embeddings: Tensor) -> None:
        """Add the outputs for more utterances, (utterances, emotions) and (utterances, dims)."""
        self.posteriors.update(zip(utts, log_posteriors.exp().cpu(), strict=True))
        self.embeddings.update(zip(utts, embeddings.cpu(), strict=True))


def write_outputs(directory: Path, parts: list[Outputs], made_from: dict[str, Any]) -> None:
    """Write posteriors.{ark,scp}, embeddings.{ark,scp}, utt2emo, emotions and models.json.

    Args:
        parts: outputs of models with the same emotions, for different utterances.
        made_from: the input, written to models.json beside the cards of the models.

    Raises:
        InputError: models with different emotions.
    """
    emotions = parts[0].card.emotions
    for part in parts:
        if part.card.emotions != emotions:
            raise InputError(
                f"{directory}: the models of folds {parts[0].card.fold} and {part.card.fold} have "
                "different emotions; train the folds of a system on the same data"
            )
    posteriors = {utt: p for part in parts for utt, p in part.posteriors.items()}
    embeddings = {utt: v for part in parts for utt, v in part.embeddings.items()}
    predicted = {emotions.names[int(p.argmax())] for p in posteriors.values()}
    if line := unpredicted_finding(emotions, predicted, emotions):
        print(f"note: {directory}: {line}, in {len(posteriors)} utterances", file=sys.stderr)
    record = {**made_from, "version": code_version()}
    record["models"] = [card_to_json(part.card) for part in parts]
    with ExitStack() as files:
        # Closed in reverse order: utt2emo appears only when the other files are complete.
        hypotheses = files.enter_context(atomic_open(directory / "utt2emo"))
        for utt in c_sorted(posteriors):
            hypotheses.write(f"{utt} {emotions.names[int(posteriors[utt].argmax())]}\n")
        labels = files.enter_context(atomic_open(directory / "emotions"))
        labels.writelines(f"{label}\n" for label in emotions)
        models = files.enter_context(atomic_open(directory / "models.json"))
        models.write(json.dumps(record, indent=1) + "\n")
        opened: list[IO[str] | ArchiveWriter] = [hypotheses, labels, models]
        for name, vectors in (("posteriors", posteriors), ("embeddings", embeddings)):
            archive = files.enter_context(ArchiveWriter(directory, name))
            for utt in c_sorted(vectors):
                archive.write(utt, vectors[utt].numpy())
            opened.append(archive)
        for file in opened:
            file.flush()
        (directory / "utt2emo").unlink(missing_ok=True)


def refuse_mixed_noise(directory: Path, noise: dict[str, Any]) -> None:
    """Refuse to replace embeddings whose noise comes from another source.

    Two z of an utterance with different noise say more than one, and a z with public noise says
    everything. A command that is killed must not leave both, and a release whose key was thrown
    away cannot be made again. Noise from a seed may replace noise from another seed.

    Args:
        noise: what models.json will say about the noise.

    Raises:
        InputError: the sources differ, or a key was thrown away.
    """
    path = directory / "models.json"
    if not path.exists():
        return
    wanted = noise["source"]
    match _read_record(path):
        case {"noise": {"source": str() as found}}:
            pass
        case {"noise": _}:  # version 0.1.0 knew seeds only
            found = "seed"
        case _:
            return
    if found != wanted or found not in ("seed", "key file"):
        raise InputError(
            f"{directory}: holds embeddings with noise from a {found}, which noise from a {wanted} "
            "must not replace: two draws of an utterance reveal more than one; delete that "
            "directory or use another --out; with --noise-key a release can be made again"
        )


def read_model_cards(directory: Path) -> list[ModelCard]:
    """The cards of the models whose outputs :func:`write_outputs` wrote to a directory.

    Raises:
        InputError: no such directory, or a damaged models.json.
    """
    path = directory / "models.json"
    try:
        return [card_from_json(card, str(path)) for card in _read_record(path)["models"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise _not_a_record(path) from None


def _read_record(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads("\n".join(read_lines(path))))
    except (TypeError, ValueError, RecursionError):
        raise _not_a_record(path) from None


def _not_a_record(path: Path) -> InputError:
    return InputError(f"{path}: not a models.json of menan-infer; delete it and infer again")
