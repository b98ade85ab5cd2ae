from dataclasses import replace

import pytest

from menan.analysis.results import Comparison
from menan.analysis.tables.findings import findings
from tests.analysis.report.report_example import full_results


def sentences(p=0.2, difference=-3.0, accuracy=None, **leakage):
    """Findings on made-up figures of ec and menan."""
    results = full_results()
    row = Comparison("ec", "menan", "ua", difference, p, p, 1.0)
    table = replace(results.table2, comparisons=(row, replace(row, measure="wa")))
    found = replace(results.leakage[-1], **leakage)
    if accuracy is not None:
        train = found.sets["train"]
        linear, mlp, knn = (
            replace(probe, accuracy=value)
            for probe, value in zip(
                train.embeddings.v.probes.values(),
                (accuracy / 2, accuracy, accuracy / 3),
                strict=True,
            )
        )
        v = replace(train.embeddings.v, linear=linear, mlp=mlp, knn=knn)
        train = replace(train, embeddings=replace(train.embeddings, v=v))
        found = replace(found, sets={"train": train})
    return findings(replace(results, table2=table, leakage=(found,)))


@pytest.mark.parametrize(
    ("difference", "p", "said"),
    [
        (-3.0, 0.2, "Not distinguishable in test UA (Holm's p of 0.05 or more"),
        (-3.0, 0.2, "`ec` − `menan` (−3.00)"),
        (-3.0, 0.01, "`menan` is above that of `ec`: difference 3.00 points, p 0.010"),
        (3.0, 0.01, "`ec` is above that of `menan`: difference 3.00"),
    ],
)
def test_only_a_significant_difference_is_reported_as_one(difference, p, said):
    accuracy, leakage = sentences(p, difference)
    assert said in accuracy
    assert "classifier" in leakage


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.5, "still encodes the speaker"), (0.2, "find hardly anything of the speaker")],
)
def test_a_probe_well_above_chance_contradicts_the_claim_of_removal(accuracy, said):
    sentence = sentences(accuracy=accuracy)[-1]
    assert said in sentence
    assert f"the best fresh probe {100 * accuracy:.1f} % (chance 12.5 %)" in sentence


def test_bottleneck_and_draws_are_named():
    sentence = sentences(bottleneck="noise 1", draws=32)[-1]
    assert sentence.startswith("`menan, noise 1, mean of 32 draws`: ")


def test_without_table_2_nothing_is_found():
    assert findings(replace(full_results(), table2=None)) == ()
