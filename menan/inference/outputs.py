"""Posteriors and embeddings of a model, in memory and in the directory that menan-infer writes."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from torch import Tensor

from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.tables import c_sorted, read_lines
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


def read_model_cards(directory: Path) -> list[ModelCard]:
    """The cards of the models whose outputs :func:`write_outputs` wrote to a directory.

    Raises:
        InputError: no such directory, or a damaged models.json.
    """
    path = directory / "models.json"
    try:
        content = json.loads("\n".join(read_lines(path)))
        return [card_from_json(card, str(path)) for card in content["models"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InputError(f"{path}: not a models.json of menan-infer; infer again") from None
