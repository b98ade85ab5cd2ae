"""How the trainings of an experiment were evaluated, in a few sentences for reports."""

from collections.abc import Mapping

from menan.analysis.runs import CORPUS
from menan.datadir.split import SPLIT

SPEAKER_PROTOCOL = (
    "Leave one speaker out: one speaker tests, another speaker of the held-out group validates, "
    "and one training serves all folds of its group. Training speakers are those outside the "
    "group, speed copies included; held-out figures are of original utterances. The input is not "
    "normalised by speaker."
)
SPLIT_PROTOCOL = (
    "The official split of the corpus: its training part trains, its validation part chooses the "
    "epoch, and each test part is a fold, named by the part. Where a table says test speaker, it "
    "is a test part; intervals are over its utterances, not over speakers. Speakers of a test part "
    "may be trained on, which the section Validity tells. The input is not normalised by speaker."
)
CORPUS_PROTOCOL = (
    "Leave one corpus out: nothing of the held-out corpus trains or chooses the epoch, and each of "
    "its speakers tests. The first group of each other corpus validates and does not train. "
    "Training speakers are all others, speed copies included; held-out figures are of original "
    "utterances. Δ is between corpora here. The input is not normalised by speaker or corpus."
)


def protocol_of(config: Mapping[str, Mapping[str, str]]) -> str:
    """The protocol of an experiment.

    Args:
        config: its settings (:func:`menan.analysis.runs.settings_text`).
    """
    held_out = config.get("runs", {}).get("held out", "")
    return {SPLIT: SPLIT_PROTOCOL, CORPUS: CORPUS_PROTOCOL}.get(held_out, SPEAKER_PROTOCOL)
