import pytest

from menan.analysis.tables.findings import findings, strongest_probe


def leakage(objective="menan", accuracy=0.5, **named):
    probes = {"linear": accuracy - 0.1, "mlp": accuracy, "knn": accuracy - 0.2}
    v = {name: {"accuracy": value} for name, value in probes.items()}
    sets = {"train": {"chance": 0.05, "embeddings": {"v": v}}}
    return {"objective": objective, "bottleneck": "none", "draws": 1, "sets": sets, **named}


def results(difference=-3.0, p=0.2, **leakage_options):
    row = {"a": "ec", "b": "menan", "measure": "ua", "difference": difference, "p_holm": p}
    systems = {name: {"adversary": {"accuracy": 8.0}} for name in ("ec", "menan")}
    table = {"systems": systems, "comparisons": [row, row | {"measure": "wa"}]}
    return {"table2": table, "leakage": [leakage(**leakage_options)]}


@pytest.mark.parametrize(
    ("difference", "p", "said"),
    [
        (-3.0, 0.2, "is not distinguishable from that of `ec`: difference +3.00 points"),
        (-3.0, 0.01, "is above that of `ec`: difference +3.00"),
        (3.0, 0.01, "is below that of `ec`: difference -3.00"),
    ],
)
def test_a_difference_is_called_one_only_where_the_test_says_so(difference, p, said):
    sentences = findings(results(difference, p))
    assert sum("Test UA" in sentence for sentence in sentences) == 1
    assert said in sentences[0]


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.5, "is not gone from v"), (0.06, "find hardly anything of the speaker")],
)
def test_a_probe_well_above_chance_contradicts_the_claim_of_removal(accuracy, said):
    sentence = findings(results(accuracy=accuracy))[-1]
    assert said in sentence
    assert f"the strongest fresh probe {100 * accuracy:.1f} % (chance 5.0 %)" in sentence
    assert "its own speaker classifier names 8.0 %" in sentence


def test_the_strongest_probe_is_the_one_that_reads_best():
    assert strongest_probe(leakage(accuracy=0.3)) == ("mlp", 0.3)


def test_a_bottleneck_and_the_mean_of_draws_have_a_sentence_of_their_own():
    content = results(accuracy=0.5)
    noise = {"bottleneck": "noise 1"}
    content["leakage"] += [leakage(accuracy=0.06, **noise), leakage(**noise, draws=32)]
    sentences = [one for one in findings(content) if "fresh probe" in one]
    names = ["`menan`:", "`menan, noise 1`:", "`menan, noise 1, mean of 32 draws`:"]
    assert all(sentence.startswith(name) for sentence, name in zip(sentences, names, strict=True))
    assert ["50.0 %" in sentence for sentence in sentences] == [True, False, True]


def test_without_the_system_nothing_is_said():
    assert findings({"table3": {}}) == []
