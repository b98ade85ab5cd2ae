"""What a report says about its protocol: speakers held out, the official split, or folds."""

from collections.abc import Mapping
from dataclasses import dataclass

from menan.datadir.folds import FOLDS, SPLIT

_PARTS = (
    "Where a table says test speaker, it is a test part; intervals are over its utterances, not "
    "over speakers. Speakers of a test part may be trained on, which the section Validity tells. "
    "The input is not normalised by speaker."
)


@dataclass(frozen=True)
class ProtocolCaptions:
    """table2: title of Table 2; protocol: how the figures were measured."""

    table2: str
    protocol: str


_SPEAKERS = ProtocolCaptions(
    "Table 2: accuracy on unseen speakers, %",
    "Leave one speaker out: one speaker tests, another speaker of the held-out group validates, "
    "and one training serves all folds of its group. Training speakers are those outside the "
    "group, speed copies included; held-out figures are of original utterances. The input is not "
    "normalised by speaker.",
)
_BY_HELD_OUT = {
    SPLIT: ProtocolCaptions(
        "Table 2: accuracy on the test parts of the official split, %",
        "The official split of the corpus: its training part trains, its validation part, if it "
        f"has one, chooses the epoch, and each test part is a fold, named by the part. {_PARTS}",
    ),
    FOLDS: ProtocolCaptions(
        "Table 2: accuracy on the test utterances of each fold, %",
        "Folds of utterances: each fold has a training of its own, on the utterances that it does "
        f"not test; those that it validates, if any, choose the epoch. {_PARTS}",
    ),
}


def captions_of(config: Mapping[str, Mapping[str, str]]) -> ProtocolCaptions:
    """The captions for what the trainings with some settings held out."""
    held_out = config.get("runs", {}).get("held out", "")
    return _BY_HELD_OUT.get(held_out, _SPEAKERS)
