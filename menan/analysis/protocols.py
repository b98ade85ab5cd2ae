"""What a report says of its protocol: what was held out, and how the figures were measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from menan.analysis.runs import CORPUS
from menan.datadir.folds import FOLDS, SPLIT

_PARTS = (
    "Where a table says test speaker, it is a test part; intervals are over its utterances, not "
    "over speakers. Speakers of a test part may be trained on, which the section Validity tells. "
    "The input is not normalised by speaker."
)


@dataclass(frozen=True)
class ProtocolTexts:
    """What a report says of one protocol.

    tested: what the UA is measured on.
    unit: one of the parts whose means the figures are.
    interval: what the bootstrap behind the intervals draws.
    measured: how the figures were measured, in a few sentences.
    """

    tested: str
    unit: str
    interval: str
    measured: str

    @property
    def table2(self) -> str:
        """Title of Table 2."""
        return f"Table 2: accuracy on {self.tested}, %"


_SPEAKERS = ProtocolTexts(
    "unseen speakers",
    "test speaker",
    "speakers",
    "Leave one speaker out: one speaker tests, another speaker of the held-out group validates, "
    "and one training serves all folds of its group. Training speakers are those outside the "
    "group, speed copies included; held-out figures are of original utterances. The input is not "
    "normalised by speaker.",
)
_BY_HELD_OUT = {
    SPLIT: ProtocolTexts(
        "the test parts of the official split",
        "test part",
        "utterances",
        "The official split of the corpus: its training part trains, its validation part, if it "
        f"has one, chooses the epoch, and each test part is a fold, named by the part. {_PARTS}",
    ),
    FOLDS: ProtocolTexts(
        "the test utterances of each fold",
        "test part",
        "utterances",
        "Folds of utterances: each fold has a training of its own, on the utterances that it does "
        f"not test; those that it validates, if any, choose the epoch. {_PARTS}",
    ),
    CORPUS: ProtocolTexts(
        "speakers of unseen corpora",
        "test speaker",
        "speakers",
        "Leave one corpus out: nothing of the held-out corpus trains or chooses the epoch, and "
        "each of its speakers tests. The first group of each other corpus validates and does not "
        "train. Training speakers are all others, speed copies included; held-out figures are of "
        "original utterances. Δ is between corpora here. The input is not normalised by speaker "
        "or corpus.",
    ),
}


def protocol_of(config: Mapping[str, Mapping[str, str]]) -> ProtocolTexts:
    """The texts for an experiment.

    Args:
        config: its settings (:func:`menan.analysis.runs.settings_text`).
    """
    return _BY_HELD_OUT.get(config.get("runs", {}).get("held out", ""), _SPEAKERS)
