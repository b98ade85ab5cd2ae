"""What models say of utterances: in memory, and as the directory that menan-infer writes."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from menan.datadir.archive import ArchiveWriter
from menan.datadir.tables import c_sorted, read_lines
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.labels import EMOTIONS
from menan.model.model_file import ModelCard, card_from_json, card_to_json
from menan.provenance import code_version


@dataclass(frozen=True)
class Answers:
    """What a model says, by utterance id: posteriors (4,) and embedding (96,), on the CPU."""

    card: ModelCard
    posteriors: dict[str, Tensor] = field(default_factory=dict)
    embeddings: dict[str, Tensor] = field(default_factory=dict)

    def add(self, utts: Sequence[str], log_posteriors: Tensor, embeddings: Tensor) -> None:
        """What it says of some more utterances, (utterances, 4) and (utterances, 96)."""
        self.posteriors.update(zip(utts, log_posteriors.exp().cpu(), strict=True))
        self.embeddings.update(zip(utts, embeddings.cpu(), strict=True))


def write_answers(directory: Path, parts: list[Answers], made_from: dict[str, Any]) -> None:
    """Write posteriors.ark, posteriors.scp, embeddings.ark, embeddings.scp, utt2emo, models.json.

    Args:
        parts: of models that answered for different utterances.
        made_from: what they were asked about; stands in models.json beside their cards.
    """
    posteriors = {utt: p for part in parts for utt, p in part.posteriors.items()}
    embeddings = {utt: v for part in parts for utt, v in part.embeddings.items()}
    record = {**made_from, "version": code_version()}
    record["models"] = [card_to_json(part.card) for part in parts]
    with ExitStack() as files:
        # Closed in reverse order: hypotheses stand only where all is there.
        hypotheses = files.enter_context(atomic_open(directory / "utt2emo"))
        for utt in c_sorted(posteriors):
            hypotheses.write(f"{utt} {EMOTIONS[int(posteriors[utt].argmax())]}\n")
        models = files.enter_context(atomic_open(directory / "models.json"))
        models.write(json.dumps(record, indent=1) + "\n")
        opened = [hypotheses, models]
        for name, vectors in (("posteriors", posteriors), ("embeddings", embeddings)):
            archive = files.enter_context(ArchiveWriter(directory, name))
            for utt in c_sorted(vectors):
                archive.write(utt, vectors[utt].numpy())
            opened.append(archive)
        for file in opened:
            file.flush()
        (directory / "utt2emo").unlink(missing_ok=True)


def read_model_cards(directory: Path) -> list[ModelCard]:
    """The cards of the models that wrote a directory of :func:`write_answers`.

    Raises:
        InputError: no such directory, or its models.json is damaged.
    """
    path = directory / "models.json"
    try:
        content = json.loads("\n".join(read_lines(path)))
        return [card_from_json(card, str(path)) for card in content["models"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InputError(f"{path}: not what menan-infer writes; infer again") from None
