"""Findings: sentences made from the figures by fixed rules, unfavourable ones included."""

from collections.abc import Sequence

from menan.analysis.leakage.result import ReportedLeakage, leakage_means
from menan.analysis.results import Comparison, Results, Table2

LEVEL = 0.05  # of Holm's p
HIGH = 2  # times chance: above it the speaker counts as readable


def findings(results: Results) -> tuple[str, ...]:
    """Sentences on accuracy and leakage of all systems; empty without Table 2."""
    if results.table2 is None:
        return ()
    return (*_accuracy(results.table2.comparisons), *_leakage(results.leakage, results.table2))


def _accuracy(comparisons: Sequence[Comparison]) -> list[str]:
    """One sentence per difference in UA that the test shows, and one for all other pairs."""
    sentences, others = [], []
    for row in comparisons:
        if row.measure != "ua":
            continue
        if row.p_holm >= LEVEL:
            others.append(row)
            continue
        above, below = (row.a, row.b) if row.difference > 0 else (row.b, row.a)
        sentences.append(
            f"Test UA of `{above}` is above that of `{below}`: difference "
            f"{abs(row.difference):.2f} points, p {row.p_holm:.3f} (Holm)."
        )
    if others:
        pairs = ", ".join(f"`{row.a}` − `{row.b}` ({_signed(row.difference)})" for row in others)
        sentences.append(
            f"Not distinguishable in test UA (Holm's p of {LEVEL:g} or more; difference in "
            f"points): {pairs}."
        )
    return sentences


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _leakage(leakages: Sequence[ReportedLeakage], table: Table2) -> list[str]:
    sentences = []
    for mean in leakage_means([one for one in leakages if "train" in one.sets]):
        found = mean.sets["train"]
        accuracy, chance = 100 * found.embeddings.v.best.accuracy, 100 * found.chance
        adversary = table.systems[mean.system].adversary.accuracy
        if accuracy > HIGH * chance:
            verdict = "The embedding v still encodes the speaker"
        else:
            verdict = "These probes find hardly anything of the speaker in v"
        sentences.append(
            f"`{mean.label}`: its own speaker classifier identifies the speaker of "
            f"{adversary:.1f} % of the training utterances, the best fresh probe {accuracy:.1f} % "
            f"(chance {chance:.1f} %). {verdict}."
        )
    return sentences
