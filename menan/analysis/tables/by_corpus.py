"""Accuracy on each corpus, where several stand side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from menan.datadir.corpus_ids import corpus_of
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    confusion_counts,
    percentile_interval,
    pooled_ua,
    pooled_wa,
    resampled_counts,
)


@dataclass(frozen=True)
class CorpusFigures:
    """Over all test utterances of a corpus and all seeds alike, %, with 95 % intervals."""

    speakers: int
    utterances: int
    wa: float
    wa_interval: tuple[float, float]
    ua: float
    ua_interval: tuple[float, float]


def corpus_figures(tested: Sequence[SpeakerPredictions]) -> dict[str, CorpusFigures]:
    """The figures of each corpus by name.

    Args:
        tested: test speakers, whose ids name their corpus.
    """
    by_corpus: dict[str, list[SpeakerPredictions]] = {}
    for one in tested:
        by_corpus.setdefault(corpus_of(one.speaker), []).append(one)
    return {name: _figures(own) for name, own in sorted(by_corpus.items())}


def _figures(tested: list[SpeakerPredictions]) -> CorpusFigures:
    counts, replicates = confusion_counts(tested), resampled_counts(tested)
    wa, ua = (percentile_interval(measure(replicates)) for measure in (pooled_wa, pooled_ua))
    return CorpusFigures(
        speakers=len(tested),
        utterances=sum(len(one.labels) for one in tested),
        wa=100 * float(pooled_wa(counts)),
        wa_interval=(100 * wa[0], 100 * wa[1]),
        ua=100 * float(pooled_ua(counts)),
        ua_interval=(100 * ua[0], 100 * ua[1]),
    )
