"""The front of a study whose figures are made up, and of one that was really trained."""

import json

import numpy as np
import pytest
import torch
import yaml

from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.tradeoff.tradeoff import write_front
from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.inference.infer import infer
from menan.inference.noise_key import NoiseSeed
from menan.settings import FsqSettings
from menan_bin import menan_front
from tests.analysis.tradeoff.study_example import (
    EC,
    LESS,
    NOISE,
    NONE,
    front_of,
    write_example,
    write_system,
)
from tests.training.training_example import objectives, train_runs


@pytest.fixture
def study(tmp_path):
    return write_example(tmp_path / "study")


def test_a_row_has_the_figures_of_its_files(study):
    text, rows, _ = front_of(study)
    assert list(rows) == ["ec", "dat", "menan"]
    row = rows["dat"]
    assert (row["bottleneck"], row["seeds"]) == ("noise 2", [0, 1])
    assert row["ua"]["mean"] == pytest.approx(50)
    assert row["difference"]["mean"] == pytest.approx(-25)
    assert (row["one"]["probe"], row["draws"]) == ("mlp", 32)
    for name, accuracy in (("one", 20), ("many", 40), ("leace", 10), ("raw", 90)):
        assert row[name]["accuracy"] == pytest.approx(accuracy)
        assert row[name]["interval"] == pytest.approx([0.8 * accuracy, 1.1 * accuracy])
        assert row[name]["times_chance"] == pytest.approx(accuracy / 5)
    assert rows["menan"]["capacity_bits"] == 10.5
    assert rows["ec"]["capacity_bits"] is rows["ec"]["many"] is rows["ec"]["draws"] is None
    (line,) = (line for line in text.splitlines() if line.startswith("| `dat` | noise 2 | 2"))
    assert "| 20.00 [16.0, 22.0] | 4.0 | 32 | 40.00 [32.0, 44.0] | 8.0 | 10.00 [" in line
    assert "| any | raw statistics |" in text
    assert "Epoch by `last`" in text


def test_the_difference_is_paired_by_speaker(study):
    _, rows, _ = front_of(study)
    assert rows["ec"]["difference"]["interval"] == [0, 0]
    # Speakers differ by 50 points; each answers with the same two utterances fewer.
    width = {name: np.ptp(rows["dat"][name]["interval"]) for name in ("ua", "difference")}
    low, high = rows["dat"]["difference"]["interval"]
    assert low <= -25 <= high < 0
    assert width["difference"] < 0.8 * width["ua"]


def test_a_dominated_row_is_not_marked(study):
    text, rows, _ = front_of(study)
    marks = {name: row["front"] for name, row in rows.items()}
    assert marks["menan"] == {"one": True, "many": False}  # the mean of draws tells more than ec
    assert marks["ec"] == {"one": False, "many": True}
    assert marks["dat"] == {"one": False, "many": True}
    assert text.count("| * |") == 3


def test_a_system_with_fewer_seeds_is_scanned_and_not_compared_with_the_others(study):
    before = {name: row["front"] for name, row in front_of(study)[1].items()}
    everything = dict.fromkeys("abcd", 8)
    write_system(study / "none_l0.5", "uniform", everything, 0.01, seed=0)
    text, rows, figures = front_of(study)
    marks = {name: row["front"] for name, row in rows.items()}
    assert marks == before | {"uniform": {"one": False, "many": False}}
    assert [name for name, row in rows.items() if row["scan"]] == ["uniform"]
    assert figures["scan"] == (
        "Scan: with seed 0 alone, which all systems have, the front is `uniform`. With fewer "
        "than 2 seeds: `uniform`."
    )
    assert f"- {figures['scan']}\n" in text
    write_system(study / "none_l0.5", "uniform", everything, 0.01, seed=1)
    _, rows, figures = front_of(study)
    assert [name for name, row in rows.items() if row["front"]["one"]] == ["uniform"]
    assert figures["scan"] is rows["uniform"]["scan"] is None


def test_a_scan_uses_the_seeds_that_all_have(study):
    # With seed 0 alone nothing speaks for it: 0.5 is found, as for ec, at a lower UA.
    write_system(study / "none_l0.5", "uniform", LESS, 0.5, seed=0)
    _, rows, figures = front_of(study)
    assert [name for name, row in rows.items() if row["scan"]] == ["ec", "dat", "menan"]
    assert figures["scan"].endswith("All of these have 2 seeds.")
    write_system(study / "none_l0.5", "mtl", EC, 0.01, seed=2)
    write_system(study / "none_l0.5", "ec", EC, 0.5, seed=2)
    _, rows, figures = front_of(study)
    assert {row["scan"] for row in rows.values()} == {None}
    assert figures["scan"].startswith("No seed is common to all systems: those with fewer than 3")


def test_a_system_that_hides_the_speaker_at_no_loss_is_named_with_what_draws_recover(study):
    _, _, figures = front_of(study)
    (sentence,) = figures["findings"]
    assert sentence.startswith("`menan, noise 2`: ")
    assert "identifies the speaker of 8.0 % [6.4, 8.8] of" in sentence
    assert "1.6 times chance" in sentence
    assert "From the mean of 32 draws it identifies 60.0 % [48.0, 66.0], 12.0 times" in sentence


@pytest.mark.parametrize(("right", "one"), [(EC, 0.11), (LESS, 0.08)])
def test_the_sentence_goes_with_the_figures(study, right, one):
    for seed in (0, 1):
        for path in (study / "noise2_l0.5" / f"menan_seed{seed}").glob("*/*"):
            path.unlink()
        for path in (study / "noise2_l0.5" / f"menan_seed{seed}").iterdir():
            path.rmdir()
        write_system(study / "noise2_l0.5", "menan", right, one, 0.6, seed, 10.0, bottleneck=NOISE)
    (sentence,) = front_of(study)[2]["findings"]
    assert sentence.startswith(
        "None of the systems with 2 seeds brings the strongest fresh probe of"
    )
    assert "The lowest leakage: `menan, noise 2`" in sentence


def test_other_settings_and_bottlenecks_are_rows_of_their_own(study):
    write_system(
        study / "noise2_l0.3", "menan", EC, 0.3, 0.3, bits=1.0, lambda_=0.3, bottleneck=NOISE
    )
    write_system(study / "fsq3_l0.5", "menan", EC, 0.2, bits=1.0, bottleneck=FSQ)
    rows = front_of(study)[2]["rows"]
    named = [(row["system"], row["bottleneck"]) for row in rows]
    assert named == [
        ("ec", ""),
        ("menan", "fsq 3"),
        ("dat", "noise 2"),
        ("menan", "noise 2"),
        ("menan-lambda0.3", "noise 2"),
    ]
    assert rows[1]["difference"]["seeds"] == [0]


def test_the_reference_can_be_chosen(study):
    for seed in (0, 1):
        write_system(study / "none_l0.5", "mtl", LESS, 0.4, seed=seed)
    text = write_front(study, study / "front", "mtl")
    assert "UA − `mtl`" in text
    with pytest.raises(InputError, match=r"--reference dat: .*; choose from ec, mtl, or train it"):
        write_front(study, study / "front", "dat")


def test_generated_speech_is_called_so(tmp_path):
    write_system(tmp_path / "p", "ec", EC, 0.5, corpus="IEMOCAP's layout, generated")
    assert "This corpus is generated" in write_front(tmp_path, tmp_path / "front", "ec")


def in_leakage(name, **changes):
    """Changes a leakage file of menan seed 1."""

    def change(study):
        path = study / "noise2_l0.5" / name / "menan_seed1.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def in_config(key, value):
    """Changes every configuration of ec."""

    def change(study):
        for path in study.glob("none_l0.5/*/*/config.yaml"):
            config = yaml.safe_load(path.read_text())
            config[key] = config[key] | value if isinstance(value, dict) else value
            path.write_text(yaml.safe_dump(config))

    return change


def move(old, new):
    return lambda study: (study / old).rename(study / new)


def no_chance(study):
    path = study / "noise2_l0.5/leakage/menan_seed1.json"
    found = json.loads(path.read_text())
    found["sets"]["heldout"]["chance"] = 0
    path.write_text(json.dumps(found))


def again(study):
    write_system(study / "more", "menan", EC, 0.1, 0.1, seed=1, bits=1.0, bottleneck=NOISE)


def other_seed(study):
    write_system(study / "fsq", "menan", EC, 0.1, seed=7, bits=1.0, bottleneck=FSQ)


FSQ = FsqSettings()
OF_MENAN = r"noise2_l0\.5/leakage/menan_seed1\.json"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            move("none_l0.5", "../aside"),
            "--reference ec: no such system .*; train it",
        ),
        (
            move("noise2_l0.5/leakage/menan_seed1.json", "x"),
            OF_MENAN + ": missing; run menan-infer",
        ),
        (move("noise2_l0.5/leakage_mean", "x"), r"leakage_mean/dat_seed0\.json: missing"),
        (move("noise2_l0.5/menan_seed1", "x"), OF_MENAN + ": no training of it in .*; train it"),
        (in_leakage("leakage", seed=0), OF_MENAN + ": seed is 0, not 1 as in the trainings"),
        (in_leakage("leakage", rule="best-ua"), OF_MENAN + ": rule is 'best-ua', not 'last'"),
        (in_leakage("leakage", bottleneck="noise 1"), "bottleneck is 'noise 1', not 'noise 2'"),
        (in_leakage("leakage", groups=["g01"]), "groups is .*; probe those"),
        (in_leakage("leakage", groups=7), r"groups is \('7',\), not"),
        (in_leakage("leakage", draws=32), OF_MENAN + ": of the mean of 32 draws; probe a single"),
        (in_leakage("leakage", draws=0), OF_MENAN + ": not what menan-probe writes .*probe again"),
        (in_leakage("leakage", sets=7), OF_MENAN + ": not what menan-probe writes .*probe again"),
        (
            in_leakage("leakage", sets={}),
            OF_MENAN + ": the training speakers are missing",
        ),
        (no_chance, OF_MENAN + ": the training speakers are missing"),
        (
            in_leakage("leakage_mean", draws=1),
            r"menan_seed1\.json: of a single draw; infer with --draws",
        ),
        (
            in_leakage("leakage_mean", draws=16),
            "means of 16 and 32 draws were probed; probe all seeds with the same",
        ),
        (again, r"noise2_l0\.5/menan_seed1: the same system as .*more/menan_seed1; remove one"),
        (other_seed, r"study: menan, fsq 3: no seed in common with `ec`"),
        (in_config("features", {"seconds": 3.0}), "its features differ from those of"),
        (
            in_config("training", {"epochs": 3}),
            "its trainings differ from those of",
        ),
        (in_config("training", {"epoch": 3}), "unknown key 'epoch'"),
        (in_config("folds", [{"test": "a", "valid": "b"}]), "folds of speakers whom"),
    ],
)
def test_a_study_that_does_not_fit_together_is_refused(study, spoil, message):
    spoil(study)
    with pytest.raises(InputError, match=message):
        write_front(study, study / "front", "ec")
    assert not list(study.glob("front*"))


def test_other_test_utterances_are_refused(study):
    path = study / "noise2_l0.5/menan_seed0/g01/heldout.npz"
    arrays = dict(np.load(path))
    arrays["utts"][0] = "a-9"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="menan_seed0: its test utterances differ from those of"):
        write_front(study, study / "front", "ec")


def test_an_empty_study_is_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["menan-front", "--study", str(tmp_path), "--out", "x"])
    with pytest.raises(SystemExit) as exit_:
        menan_front.main()
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no <point>/<system>_seed<k>/<group> in it; train first" in error


def test_trained_systems_have_a_front(make_dump, tmp_path, quick_probes):
    feats, study, cpu = make_dump(speakers=6), tmp_path / "study", torch.device("cpu")
    for point, objective, bottleneck in (("none", "ec", NONE), ("noise1", "menan", NOISE)):
        training = TrainingConfig(epochs=1, batch_size=64)
        runs = RunsConfig(objective=objectives(objective), hold_out=("g01", "g02"))
        train_runs(feats, study / point, training, runs, cpu, ModelConfig(bottleneck=bottleneck))
        name = f"{objective}_seed0"
        for folder, draws in (("leakage", 1), ("leakage_mean", 4))[: 1 + (bottleneck == NOISE)]:
            out = tmp_path / point / folder
            infer(
                study / point / name, feats, out, cpu, rule="last", noise=NoiseSeed(0), draws=draws
            )
            write_leakage(out, feats, study / point / folder / f"{name}.json")
    _, rows, _ = front_of(study)
    assert list(rows) == ["ec", "menan"]
    assert rows["menan"]["draws"] == 4
    assert rows["menan"]["capacity_bits"] > 0
