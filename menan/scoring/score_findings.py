"""What makes a score doubtful, one line each: trained speakers, classes never predicted."""

import json
from collections.abc import Collection
from pathlib import Path

from menan.datadir.corpus_ids import as_called_in
from menan.datadir.folds import is_split
from menan.datadir.metadata import corpus_name, optional_table
from menan.datadir.split import testing_folds
from menan.datadir.tables import read_lines
from menan.datadir.validity import trained_finding, unpredicted_finding
from menan.labels import LabelSet
from menan.scoring.score import Score, ScoreReport


def score_findings(report: ScoreReport, ref: str | Path, hyp: str | Path) -> list[str]:
    """Lines about a score.

    Args:
        ref: utt2emo of the data; utt2spk, utt2split and utt2fold beside it tell who is tested, and
            the name of the data is what models of several corpora call its speakers by.
        hyp: utt2emo of hypotheses, or its directory; the models.json of menan-infer beside it names
            the speakers that the models were trained on.
    """
    hyp = Path(hyp)
    record = (hyp if hyp.is_dir() else hyp.parent) / "models.json"
    speakers = list(report.speakers)
    found = [
        trained_finding(speakers, _trained_on(record, speakers, Path(ref))),
        never_predicted(report.emotions, report.whole),
    ]
    return [line for line in found if line]


def never_predicted(emotions: LabelSet, score: Score) -> str:
    """A line on the emotions that occur and are never predicted; empty if all are."""
    asked = [name for name, value in score.recall.items() if value is not None]
    columns = zip(*score.confusion, strict=True)
    predicted = [name for name, counts in zip(emotions, columns, strict=True) if sum(counts)]
    return unpredicted_finding(emotions, predicted, asked)


def _speakers_by_part(ref: Path) -> dict[str, set[str]]:
    """The speakers of each part of the official split, and of each fold of utterances."""
    utt2spk = optional_table(ref.with_name("utt2spk"))
    folds = testing_folds(optional_table(ref.with_name("utt2fold")))
    speakers: dict[str, set[str]] = {}
    for parts in (optional_table(ref.with_name("utt2split")), folds):
        for utt, part in parts.items():
            speakers.setdefault(part, set()).add(utt2spk.get(utt, ""))
    return speakers


def _trained_on(record: Path, speakers: Collection[str], ref: Path) -> set[str]:
    """The speakers that were evaluated by a model that was trained on them, or may have been.

    A speaker who is the test speaker of a model's fold was evaluated by that model, and where there
    are several, so were the speakers of its test part.
    """
    try:
        cards = json.loads("\n".join(read_lines(record)))["models"] if record.exists() else []
        trained = [
            (
                card.get("test"),
                card.get("group"),
                as_called_in(corpus_name(ref.parent), map(str, card["speakers"])),
            )
            for card in cards
        ]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        return set()
    tested, by_part = {test for test, _, _ in trained}, _speakers_by_part(ref)
    found: set[str] = set()
    for test, group, names in trained:
        if is_split(group) and len(trained) > 1:
            own = by_part.get(test, set())
        else:
            own = {name for name in speakers if test == name or name not in tested}
        found |= names & own & set(speakers)
    return found
