import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from menan.analysis.cells import fixed
from menan.analysis.leakage.leakage_files import read_leakage
from menan.analysis.report.write_report import write_report
from menan.analysis.runs import read_runs
from menan.analysis.tables.collect import ReportSources, collect
from menan.analysis.tables.comparisons import comparisons
from menan.analysis.tables.fold_results import fold_results
from menan.analysis.tables.table2 import table2
from menan.analysis.tables.table3 import baselines, table3
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS
from menan.training.selection import RULES
from tests.conftest import write_dump
from tests.training.training_example import objectives, train_runs

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    runs = RunsConfig(objective=objectives("ec", "menan"), seed=(0, 1), hold_out=("each",))
    training = TrainingConfig(epochs=4, batch_size=4, lr=5e-3)
    train_runs(write_dump(folder / "dump"), folder / "exp", training, runs, CPU)
    return folder / "exp"


@pytest.fixture
def experiment(trained, tmp_path):
    """A copy for each test, which may spoil it."""
    return Path(shutil.copytree(trained, tmp_path / "exp"))


def test_table_2_has_val_test_and_delta_over_all_folds_and_seeds(experiment):
    table = table2(read_runs(experiment), "best-ua")
    assert list(table.systems) == ["ec", "menan"]
    for system in table.systems.values():
        assert system.seeds == (0, 1)
        assert len(system.folds) == 2 * 4
        for measure in ("wa", "ua"):
            folds = np.array([getattr(fold, measure) for fold in system.folds])
            accuracy = getattr(system, measure)
            low, high = accuracy.interval
            assert low <= accuracy.test <= high
            assert accuracy.val == pytest.approx(100 * folds[:, 0].mean())
            assert accuracy.test == pytest.approx(100 * folds[:, 1].mean())
            assert accuracy.delta == pytest.approx(accuracy.test - accuracy.val)


def test_delta_is_zero_where_the_rule_ignores_validation(experiment):
    rules = table2(read_runs(experiment), "best-ua").rules
    assert set(rules) == set(RULES)
    for system in ("ec", "menan"):
        for measure in ("wa", "ua"):
            assert getattr(rules["last"][system], measure).delta == pytest.approx(0, abs=1e-9)
            assert getattr(rules["last10"][system], measure).delta == pytest.approx(0, abs=1e-9)
        assert rules["best-ua"][system].ua.delta <= 1e-9
        assert rules["oracle"][system].ua.test >= rules["best-ua"][system].ua.test


def test_every_system_is_compared_with_every_other(experiment):
    rows = comparisons(read_runs(experiment), "best-ua")
    assert [(row.a, row.b, row.measure) for row in rows] == [
        ("ec", "menan", "ua"),
        ("ec", "menan", "wa"),
    ]
    systems = table2(read_runs(experiment), "best-ua").systems
    for row in rows:
        figures = [getattr(systems[name], row.measure).test for name in ("ec", "menan")]
        assert row.difference == pytest.approx(figures[0] - figures[1])
        # Four speakers: the smallest p of 16 sign assignments is 1/8.
        assert 1 / 8 <= row.p <= row.p_holm <= 1


def test_speakers_genders_and_calibration_are_reported(experiment):
    genders = {"spk00": "f", "spk01": "m", "spk02": "f", "spk03": "m"}
    system = table2(read_runs(experiment), "last", genders).systems["menan"]
    uas = {name: speaker.ua for name, speaker in system.speakers.items()}
    assert np.mean(list(uas.values())) == pytest.approx(system.ua.test)
    assert system.worst_speaker.ua == min(uas.values())
    women = (uas["spk00"] + uas["spk02"]) / 2
    assert system.genders["f"].ua == pytest.approx(women)
    assert system.calibration.nll_scaled > 0


def test_pooled_figures_count_every_test_utterance_once_a_seed(experiment):
    pooled = table2(read_runs(experiment), "last").systems["ec"].pooled
    confusion = np.array(pooled.confusion)
    assert confusion.sum() == 2 * 4 * 8
    assert pooled.wa == pytest.approx(100 * confusion.trace() / confusion.sum())
    assert pooled.wa_interval[0] <= pooled.wa <= pooled.wa_interval[1]


def test_results_file_holds_the_numbers_of_the_json_and_where_they_come_from(experiment, tmp_path):
    sources = ReportSources(exp=experiment, tsne=tmp_path / "tsne", command="./run.sh --x 1")
    text = write_report(sources, tmp_path / "RESULTS.md", tmp_path / "r.json")
    assert (tmp_path / "RESULTS.md").read_text() == text
    system = json.loads((tmp_path / "r.json").read_text())["table2"]["systems"]["menan"]
    for measure in ("wa", "ua"):
        for part in ("val", "test", "delta"):
            assert fixed(system[measure][part]) in text
    assert (tmp_path / "RESULTS.png").read_bytes().startswith(b"\x89PNG")
    pictures = ("(tsne.png)", "(RESULTS.png)")
    for said in (*pictures, "./run.sh --x 1", "59.91", "epochs 4", "`best-ua`", "menan 0."):
        assert said in text


def test_unfinished_and_mixed_experiments_are_refused(experiment, make_dump, tmp_path):
    (experiment / "ec_seed0/g01/heldout.npz").rename(tmp_path / "aside")
    with pytest.raises(InputError, match=r"ec_seed0/g01/heldout\.npz: missing"):
        read_runs(experiment)
    (tmp_path / "aside").rename(experiment / "ec_seed0/g01/heldout.npz")
    other = RunsConfig(objective=objectives("dat"), hold_out=("g01",))
    train_runs(make_dump(), experiment, TrainingConfig(epochs=2), other, CPU)
    with pytest.raises(InputError, match="its trainings differ in training"):
        read_runs(experiment)


def test_an_empty_directory_is_no_experiment(tmp_path):
    with pytest.raises(InputError, match="no training with a held-out group"):
        read_runs(tmp_path)


REFERENCES = {"v-0": ("hap",), "v-1": ("hap", "sad"), "v-2": ("neu",), "v-3": ("ang", "hap")}


def write_hypotheses(directory, guesses: str) -> None:
    table = dict(zip(REFERENCES, guesses.split(), strict=True))
    write_table(directory / "utt2emo", table)
    with ArchiveWriter(directory, "posteriors") as archive:
        for utt, guess in table.items():
            archive.write(
                utt, np.array([0.1 + 0.6 * (e == guess) for e in IEMOCAP_EMOTIONS], np.float32)
            )


def test_table_3_is_mean_min_max_over_fold_models_beside_baselines(tmp_path):
    write_table(tmp_path / "utt2emo", {u: ",".join(e) for u, e in REFERENCES.items()})
    write_hypotheses(tmp_path / "exp/menan_seed0/a", "hap sad neu ang")
    write_hypotheses(tmp_path / "exp/menan_seed0/b", "hap neu neu sad")
    table = table3(tmp_path / "exp", tmp_path / "utt2emo")
    system = table.systems["menan"]
    assert (system.mean, system.min, system.max) == (75, 50, 100)
    assert system.ua_single == 100
    assert table.single == 2
    assert system.paper == (33.24, 28.84, 39.85)
    assert 50 < system.lrap < 100
    sources = ReportSources(cross=tmp_path / "exp", ref=tmp_path / "utt2emo")
    text = write_report(sources, tmp_path / "R.md")
    for said in ("| always hap | 75.00 |", "| oracle | 100.00 |", "33.24 28.84 39.85"):
        assert said in text


def test_baselines_are_what_guessing_without_listening_gives():
    b = baselines(REFERENCES, IEMOCAP_EMOTIONS)
    assert (b["always ang"], b["always hap"], b["always neu"], b["always sad"]) == (25, 75, 25, 25)
    # Labels: hap 3, ang 1, neu 1, sad 1 of 6; right with 3/4, 1/4, 1/4, 1/4.
    expected = 100 * (3 / 6 * 3 / 4 + 3 * 1 / 6 * 1 / 4)
    assert b["random, by the labels' frequency"] == pytest.approx(expected)


def test_hypotheses_of_other_utterances_are_refused(tmp_path):
    write_table(tmp_path / "utt2emo", {u: ",".join(e) for u, e in REFERENCES.items()})
    write_table(tmp_path / "exp/ec_seed0/a/utt2emo", {"v-0": "hap"})
    with pytest.raises(InputError, match="its utterances are not those of"):
        table3(tmp_path / "exp", tmp_path / "utt2emo")


def leakage_json(path, system="menan", seed=0, rule="last", bottleneck="", draws=1):
    probe = {"accuracy": 0.5, "interval": [0.4, 0.6], "control": 0.3, "selectivity": 0.2}
    probes = {name: {**probe, "cross_entropy": 1.2} for name in ("linear", "mlp", "knn")}
    embedding = {**probes, "eer": 0.4, "gender": None}
    part = {
        "utterances": 16,
        "speakers": 2,
        "chance": 0.5,
        "majority": 0.5,
        "uniform_nats": 0.69,
        "floor_nats": 0.68,
        "embeddings": dict.fromkeys(("v", "raw", "leace"), embedding),
    }
    content = {"system": system, "seed": seed, "rule": rule}
    content |= {"bottleneck": bottleneck, "draws": draws}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**content, "groups": ["g01"], "sets": {"train": part}}))


def test_leakage_stands_beside_the_test_ua_of_the_same_models(experiment, tmp_path):
    leakage_json(tmp_path / "leakage/menan_seed1.json", seed=1)
    leakage_json(tmp_path / "leakage/ec_seed0.json", "ec")
    sources = ReportSources(exp=experiment, leakage=tmp_path / "leakage")
    text = write_report(sources, tmp_path / "R.md", tmp_path / "R.json")
    results, _ = collect(sources)
    assert [found.system for found in results.leakage] == ["ec", "menan"]
    folds = fold_results(read_runs(experiment), "last")
    own = [f.test.ua for f in folds if (f.system, f.seed) == ("menan", 1)]
    assert results.leakage[1].ua == pytest.approx(100 * np.mean(own))
    assert "| `menan` | v |" in text
    assert text.count("| any | raw features |") == 1
    assert any("best fresh probe 50.0 %" in sentence for sentence in results.findings)
    again = replace(sources, beside=(tmp_path / "R.json",))
    assert len(collect(again)[0].beside) == 2


def test_leakage_with_another_bottleneck_is_not_of_these_models(experiment, tmp_path):
    leakage_json(tmp_path / "leakage/x.json", bottleneck="noise 1")
    with pytest.raises(InputError, match=r"x\.json: of menan, noise 1, .* was not trained here"):
        collect(ReportSources(exp=experiment, leakage=tmp_path / "leakage"))


@pytest.mark.parametrize(
    "named", [{"bottleneck": None}, {"draws": 0}, {"draws": None}, {"rule": "best"}, {"seed": []}]
)
def test_leakage_without_the_name_of_its_system_is_refused(tmp_path, named):
    path = tmp_path / "leakage/x.json"
    leakage_json(path)
    assert read_leakage(path).label == "menan"
    path.write_text(json.dumps(json.loads(path.read_text()) | named))
    with pytest.raises(InputError, match=r"x\.json: not what menan-probe writes"):
        read_leakage(path)


def test_leakage_of_version_0_1_0_is_read(tmp_path):
    path = tmp_path / "leakage/x.json"
    leakage_json(path)
    content = json.loads(path.read_text())
    del content["system"]
    for objective, lambda_, system in (
        ("menan", 0.5, "menan"),
        ("menan", 0.2, "menan-lambda0.2"),
        ("ec", 0.2, "ec"),
    ):
        old = {"objective": objective, "lambda": lambda_, "bottleneck": "none"}
        path.write_text(json.dumps(content | old))
        assert read_leakage(path).label == system


def test_a_figure_that_is_not_a_number_is_refused(tmp_path):
    path = tmp_path / "leakage/x.json"
    leakage_json(path)
    path.write_text(path.read_text().replace('"accuracy": 0.5', '"accuracy": NaN', 1))
    with pytest.raises(InputError, match=r"x\.json: not what menan-probe writes .*probe again"):
        read_leakage(path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"system": "menan", "seed": 0}'])
def test_leakage_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"x\.json: not what menan-probe writes"):
        read_leakage(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "nothing to report: give --exp, --attacks, or --cross with --ref"),
        ({"exp": Path("x"), "cross": Path("x")}, "--cross and --ref belong together"),
        ({"cross": Path("x"), "ref": Path("x"), "leakage": Path("x")}, "--leakage is shown beside"),
        ({"attacks": Path("x"), "beside": (Path("x"),)}, "--beside is shown beside"),
    ],
)
def test_parts_without_the_part_they_belong_to_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        ReportSources(**options)


def test_a_torn_log_is_named_and_nothing_is_written(experiment, tmp_path):
    log = experiment / "ec_seed0/g01/log.jsonl"
    log.write_text(log.read_text()[:-30])
    sources = ReportSources(exp=experiment)
    with pytest.raises(InputError, match=r"ec_seed0/g01/log\.jsonl:4: .* resume it"):
        write_report(sources, tmp_path / "R.md", None, tmp_path / "R.html")
    assert not list(tmp_path.glob("R.*"))


def test_no_picture_takes_the_name_of_another_file(experiment, tmp_path):
    for name, message in (("R.png", "--out is for text"), ("R.md", "the name of that of --tsne")):
        with pytest.raises(InputError, match=rf"{name}: .*{message}"):
            write_report(ReportSources(exp=experiment, tsne=tmp_path / "R"), tmp_path / name)
