"""The front on utterances that no encoder was trained on."""

import json

import pytest

from menan.analysis.tradeoff.tradeoff import write_front
from menan.errors import InputError
from menan.settings import FsqSettings
from tests.analysis.tradeoff.study_example import (
    EC,
    NOISE,
    front_of,
    write_example,
    write_leakage,
    write_system,
)


@pytest.fixture
def study(tmp_path):
    return write_example(tmp_path / "study")


def write_unheard(point, objective, one, many, seeds=(0, 1)):
    for seed in seeds:
        for folder, accuracy, draws in (("unheard", one, 1), ("unheard_mean", many, 32)):
            path = point / f"leakage_{folder}" / f"{objective}_seed{seed}.json"
            write_leakage(path, objective, seed, "noise 2", accuracy, draws)


def test_utterances_that_no_training_heard_are_reported_apart(study):
    before = front_of(study)
    assert all(row["unheard"] is None for row in before[1].values())
    for objective in ("menan", "dat"):
        write_unheard(study / "noise2_l0.5", objective, 0.3, 0.7)
    text, rows, figures = front_of(study)
    assert rows["ec"]["unheard"] is None
    for name, accuracy in (("one", 30), ("many", 70)):
        assert rows["menan"]["unheard"][name]["accuracy"] == pytest.approx(accuracy)
        assert rows["menan"]["unheard"][name]["times_chance"] == pytest.approx(accuracy / 5)
    assert rows["menan"] | {"unheard": None} == before[1]["menan"]
    told = (
        "heard: 30.0 % [24.0, 33.0] from one draw, 6.0 times chance, and 70.0 % [56.0, 77.0] from"
    )
    assert told in figures["findings"][0]
    table = text[text.index("## Utterances that no encoder was trained on") :]
    assert "| `menan` | noise 2 | 30.00 [24.0, 33.0] | 6.0 | 70.00 [" in table
    assert "| `ec` | none | – | – | – | – | 50.00 [" in table


def test_an_embedding_that_is_not_random_has_no_mean_of_draws(study):
    point, fsq = study / "fsq3_l0.5", FsqSettings(levels=3)
    for seed in (0, 1):
        write_system(point, "menan", EC, 0.08, seed=seed, bits=1.0, bottleneck=fsq)
        path = point / "leakage_unheard" / f"menan_seed{seed}.json"
        write_leakage(path, "menan", seed, "fsq 3", 0.3)
    (sentence,) = (one for one in front_of(study)[2]["findings"] if "fsq" in one)
    assert "Its embedding is not random" in sentence
    assert sentence.endswith("30.0 % [24.0, 33.0] from one draw, 6.0 times chance.")


def test_new_speakers_are_compared_with_their_own_chance(study):
    _, rows, _ = front_of(study)
    assert rows["menan"]["heldout"]["one"]["accuracy"] == pytest.approx(8)
    assert rows["menan"]["heldout"]["many"]["times_chance"] == pytest.approx(1.2)
    assert rows["menan"]["heldout"]["chance"] == 50
    assert rows["ec"]["heldout"]["many"] is None
    for path in study.glob("noise2_l0.5/leakage_mean/*.json"):
        found = json.loads(path.read_text())
        del found["sets"]["heldout"]
        path.write_text(json.dumps(found))
    text, rows, _ = front_of(study)
    assert rows["menan"]["heldout"] is None
    assert "| `ec` | none | – | – | – | – | 50.00 [" in text


def one_unheard(study):
    write_unheard(study / "noise2_l0.5", "menan", 0.3, 0.7, seeds=[0])


def one_point_unheard(study):
    write_system(study / "more", "menan", EC, 0.1, 0.1, seed=2, bits=1.0, bottleneck=NOISE)
    write_unheard(study / "more", "menan", 0.3, 0.7, seeds=[2])


def stray_unheard(study):
    for objective, seeds in (("menan", (0, 1)), ("dat", (0, 1, 5))):
        write_unheard(study / "noise2_l0.5", objective, 0.3, 0.7, seeds)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (one_unheard, r"leakage_unheard/.*_seed[01]\.json: missing; run menan-infer"),
        (one_point_unheard, r"only one has leakage_unheard beside it; probe both or neither"),
        (stray_unheard, r"leakage_unheard/dat_seed5\.json: no training of it in"),
    ],
)
def test_figures_that_are_missing_or_of_others_are_refused(study, spoil, message):
    spoil(study)
    with pytest.raises(InputError, match=message):
        write_front(study, study / "front", "ec")
