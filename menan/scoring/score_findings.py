"""What makes a score doubtful, one line each: trained speakers, classes never predicted."""

import json
from collections.abc import Collection
from pathlib import Path

from menan.datadir.corpus_ids import as_called_in
from menan.datadir.tables import read_lines
from menan.datadir.validity import trained_finding, unpredicted_finding
from menan.labels import LabelSet
from menan.scoring.score import Score, ScoreReport


def score_findings(report: ScoreReport, hyp: str | Path, corpus: str = "") -> list[str]:
    """Lines about a score.

    Args:
        corpus: name of the scored data: models of several corpora call its speakers by it.
        hyp: utt2emo of hypotheses, or its directory; the models.json of menan-infer beside it names
            the speakers that the models were trained on.
    """
    hyp = Path(hyp)
    record = (hyp if hyp.is_dir() else hyp.parent) / "models.json"
    speakers = list(report.speakers)
    found = [
        trained_finding(speakers, _trained_on(record, speakers, corpus)),
        never_predicted(report.emotions, report.whole),
    ]
    return [line for line in found if line]


def never_predicted(emotions: LabelSet, score: Score) -> str:
    """A line on the emotions that occur and are never predicted; empty if all are."""
    asked = [name for name, value in score.recall.items() if value is not None]
    columns = zip(*score.confusion, strict=True)
    predicted = [name for name, counts in zip(emotions, columns, strict=True) if sum(counts)]
    return unpredicted_finding(emotions, predicted, asked)


def _trained_on(record: Path, speakers: Collection[str], corpus: str) -> set[str]:
    """The speakers that were evaluated by a model that was trained on them, or may have been.

    A speaker who is the test speaker of a model's fold was evaluated by that model.
    """
    try:
        cards = json.loads("\n".join(read_lines(record)))["models"] if record.exists() else []
        trained = [
            (card.get("test"), as_called_in(corpus, map(str, card["speakers"]))) for card in cards
        ]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        return set()
    tested = {test for test, _ in trained}
    return {
        speaker
        for speaker in speakers
        for test, names in trained
        if speaker in names and (test == speaker or speaker not in tested)
    }
