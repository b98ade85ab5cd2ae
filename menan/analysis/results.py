"""The figures of a report, typed: menan-results collects them and writes them as JSON.

Accuracies are in per cent and probabilities between 0 and 1, unless stated otherwise.
"""

from dataclasses import dataclass, field

from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.leakage.result import ReportedLeakage
from menan.analysis.tables.by_corpus import CorpusFigures
from menan.analysis.tables.published import PublishedTable
from menan.analysis.tables.table3 import Table3


@dataclass(frozen=True)
class MeanAccuracy:
    """Means over folds and seeds; delta is test - val. Both are None without validation."""

    val: float | None
    test: float
    delta: float | None


@dataclass(frozen=True)
class HeadlineAccuracy(MeanAccuracy):
    """With the 95 % interval of the test figure."""

    interval: tuple[float, float]


@dataclass(frozen=True)
class RuleFigures:
    """One system under one selection rule."""

    wa: MeanAccuracy
    ua: MeanAccuracy


@dataclass(frozen=True)
class PaperFigures:
    """The paper's own figures: validation, test and their difference; None if it has none."""

    wa: tuple[float, ...] | None
    ua: tuple[float, ...] | None


@dataclass(frozen=True)
class FoldFigures:
    """One fold of one training.

    test, valid: the fold's speakers, or parts of a split; valid is None without validation.
    epoch: from 1; None for a rule that mixes epochs.
    wa, ua: validation (None without) and test, between 0 and 1.
    """

    seed: int
    test: str
    valid: str | None
    epoch: int | None
    wa: tuple[float | None, float]
    ua: tuple[float | None, float]


@dataclass(frozen=True)
class PooledFigures:
    """Over all test utterances of all folds and seeds alike.

    recall: by emotion; None for an emotion that does not occur.
    confusion: counts; rows are the reference, columns the prediction.
    """

    wa: float
    wa_interval: tuple[float, float]
    ua: float
    ua_interval: tuple[float, float]
    recall: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class SpeakerFigures:
    """One test speaker, means over seeds; recall as in :class:`PooledFigures`."""

    utterances: int
    wa: float
    ua: float
    recall: tuple[float | None, ...]


@dataclass(frozen=True)
class WorstSpeaker:
    """The test speaker with the lowest UA."""

    speaker: str
    ua: float


@dataclass(frozen=True)
class GenderFigures:
    """Means over the test speakers of one gender."""

    wa: float
    ua: float


@dataclass(frozen=True)
class CalibrationFigures:
    """Means over folds; nats, and points of probability for ece.

    temperature: fitted on validation, None without; nll_scaled and ece_scaled are with it.
    """

    nll: float
    ece: float
    temperature: float | None = None
    nll_scaled: float | None = None
    ece_scaled: float | None = None


@dataclass(frozen=True)
class AdversaryFigures:
    """The system's own speaker classifier in the last epoch, on its training utterances.

    entropy: mean entropy of its posteriors, in nats.
    top: mean of its highest posterior, per cent.
    """

    accuracy: float
    entropy: float
    top: float


@dataclass(frozen=True)
class SystemFigures:
    """One system of Table 2.

    epoch_sd: standard deviation of the test UA over the last ten epochs, mean over folds.
    macro_f1: over all test utterances.
    genders: by ``f`` and ``m``, as far as genders are known; gender_gap is between their UA.
    corpora: by name, where several stand side by side.
    """

    wa: HeadlineAccuracy
    ua: HeadlineAccuracy
    paper: PaperFigures
    seeds: tuple[int, ...]
    folds: tuple[FoldFigures, ...]
    epoch_sd: float
    macro_f1: float
    pooled: PooledFigures
    speakers: dict[str, SpeakerFigures]
    worst_speaker: WorstSpeaker
    genders: dict[str, GenderFigures]
    gender_gap: float | None
    calibration: CalibrationFigures
    adversary: AdversaryFigures
    corpora: dict[str, CorpusFigures] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """A paired test of two systems.

    measure: ``wa`` or ``ua``.
    difference: a - b, in points.
    p: exact sign-flip permutation test over test speakers; p_holm is adjusted for all comparisons
        of the measure.
    mcnemar_p: takes utterances for independent, which they are not.
    """

    a: str
    b: str
    measure: str
    difference: float
    p: float
    p_holm: float
    mcnemar_p: float


@dataclass(frozen=True)
class Table2:
    """Accuracy of each system on unseen speakers.

    rule: selection rule of the headline.
    emotions: in the order of recalls and confusion matrices.
    rules: by selection rule and system.
    """

    rule: str
    emotions: tuple[str, ...]
    systems: dict[str, SystemFigures]
    rules: dict[str, dict[str, RuleFigures]]
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class TrainingEffort:
    """Number of trainings, and the hours that they took in all."""

    runs: int
    hours: float


@dataclass(frozen=True)
class Results:
    """All figures of a report; what was not measured is None or empty.

    command: the command line that made all this.
    config: settings as text, by section and key.
    beside: leakage of other reports, for the picture at the top.
    doubts: what limits the figures.
    """

    code: str
    command: str | None
    corpus: str
    config: dict[str, dict[str, str]]
    trained: TrainingEffort | None
    table2: Table2 | None
    leakage: tuple[ReportedLeakage, ...]
    beside: tuple[ReportedLeakage, ...]
    table3: Table3 | None
    published: PublishedTable | None = None
    findings: tuple[str, ...] = ()
    attacks: tuple[AttackResult, ...] = ()
    doubts: tuple[str, ...] = ()
