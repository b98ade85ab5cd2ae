"""Whole recipes: IEMOCAP and MOSEI on generated speech, RAVDESS on real speech."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from menan.analysis.tables.paper import TABLE3
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.corpora.synthetic.synthetic_mosei import synthesize_mosei
from menan.training.run_config import read_run_config
from tests.features.encoder_example import write_encoder
from tests.recipes.warm import WITH_PYTHON, warm_tree

ROOT = Path(__file__).resolve().parents[2]
RAVDESS = ROOT.parent / "shared" / "ravdess"
SHORT = Lengths(0.6, 1.0)
TINY = """
features: {seconds: 1, speeds: [0.9, 1.0]}
training: {epochs: 2, batch_size: 8}
runs: {objective: [mtl, menan], hold_out: each}
"""


def run(
    recipe: str, *options: str | Path, script: str = "run.sh", tree: Path = ROOT
) -> subprocess.CompletedProcess:
    """Start a recipe's script from elsewhere, as a user might."""
    return subprocess.run(
        [tree / "egs" / recipe / script, *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=WITH_PYTHON,
    )


@pytest.fixture(scope="module")
def warm_run(tmp_path_factory):
    """:func:`run` with commands that have imported PyTorch already."""
    with warm_tree(tmp_path_factory.mktemp("warm")) as tree:
        yield partial(run, tree=tree)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "tiny.yaml").write_text(TINY)
    return folder


@pytest.fixture(scope="module")
def iemocap(work, warm_run):
    """The whole recipe; its first two stages use the installed commands."""
    synthesize_iemocap(work / "iemocap", sessions=2, utts_per_emotion=2, lengths=SHORT)
    options = ["--config", work / "tiny.yaml", "--work", work, "--nj", "1"]
    words = ["iemocap", "--corpus-root", work / "iemocap", *options]
    prepared = run(*words, "--stop-stage", "1")
    assert prepared.returncode == 0, prepared.stderr
    return warm_run(*words, "--stage", "2"), options


def test_iemocap_goes_from_the_release_to_the_report(work, iemocap):
    whole, _ = iemocap
    assert whole.returncode == 0, whole.stderr
    exp = work / "exp/tiny"
    text = (exp / "RESULTS.md").read_text()
    assert text.startswith("# Results: IEMOCAP's layout, generated speech, seed 0")
    assert "./run.sh --corpus-root" in text
    assert (exp / "tsne.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((exp / "results.json").read_text())
    page = (exp / "report.html").read_text()
    for section in ("overview", "table2", "rules", "comparisons", "confusion", "leakage", "planes"):
        assert f'<section id="{section}"' in page
    assert (exp / "RESULTS.png").read_bytes().startswith(b"\x89PNG")
    assert [found["system"] for found in results["leakage"]] == ["mtl", "menan"]
    for objective in ("mtl", "menan"):
        out = exp / f"infer/{objective}_seed0"
        assert '"rule": "best-ua"' in (out / "models.json").read_text()
        score = json.loads((out / "score.json").read_text())
        pooled = results["table2"]["systems"][objective]["pooled"]
        # Posteriors kept in training and those of inference from model files tell the same.
        assert 100 * score["whole"]["wa"] == pytest.approx(pooled["wa"])
        assert score["whole"]["confusion"] == pooled["confusion"]


def test_a_second_run_does_nothing_twice(work, iemocap, warm_run):
    _, options = iemocap
    archive, checkpoint = (
        work / "dump/iemocap_tiny/feats.1.ark",
        work / "exp/tiny/menan_seed0/Ses01/checkpoint.pt",
    )
    before = [path.stat().st_mtime_ns for path in (archive, checkpoint)]
    again = warm_run("iemocap", *options, "--stage", "1", "--stop_stage=3")
    assert again.returncode == 0, again.stderr
    assert "already complete" in again.stdout
    log = (work / "exp/tiny/log/train.1.log").read_text()
    assert log.count("already trained") == 4
    assert [path.stat().st_mtime_ns for path in (archive, checkpoint)] == before


def test_mosei_scores_the_fold_models_of_iemocap(work, iemocap, warm_run):
    assert iemocap[0].returncode == 0
    synthesize_mosei(work / "mosei", videos=6, segments_per_video=4, lengths=SHORT)
    (work / "one_speed.yaml").write_text("features: {seconds: 1}\n")
    whole = warm_run(
        *("mosei", "--corpus-root", work / "mosei", "--models", work / "exp/tiny"),
        *("--config", work / "one_speed.yaml", "--work", work, "--nj", "1"),
    )
    assert whole.returncode == 0, whole.stderr
    results = json.loads((work / "exp/one_speed/results.json").read_text())
    systems = results["table3"]["systems"]
    assert {name: len(system["folds"]) for name, system in systems.items()} == {
        "mtl": 4,
        "menan": 4,
    }
    text = (work / "exp/one_speed/RESULTS.md").read_text()
    assert "# Results: CMU-MOSEI's layout, generated speech" in text
    assert "| always hap |" in text
    assert " ".join(f"{value:.2f}" for value in TABLE3["menan"]) in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stop-stagee", "1"], "unknown option --stop-stagee"),
        (["--stage"], "--stage needs a value"),
        (["stage"], "expected an option, found 'stage'"),
        (["--PATH", "x"], "unknown option --PATH"),
        (["--stop-stage", "0"], "name the release with --corpus-root"),
        (["--corpus-root", "/nowhere"], "/nowhere: no such directory"),
    ],
)
@pytest.mark.parametrize("recipe", ["iemocap", "mosei", "ravdess"])
def test_wrong_options_of_a_recipe_are_reported(tmp_path, recipe, options, message):
    wrong = run(recipe, "--work", tmp_path, *options)
    assert wrong.returncode == 1
    assert message in wrong.stderr


def test_help_names_the_options():
    told = run("iemocap", "--help")
    assert told.returncode == 0
    assert "--corpus-root" in told.stdout


def test_another_choice_of_labels_has_directories_of_its_own(work, iemocap, warm_run):
    _, options = iemocap
    choice = ["--emotions", "ang,low", "--map", "neu=low,sad=low"]
    corpus = ["--corpus-root", work / "iemocap"]
    chosen = warm_run("iemocap", *corpus, *options, *choice, "--stop-stage", "2", "--nj", "1")
    assert chosen.returncode == 0, chosen.stderr
    for folder in ("data/iemocap", "dump/iemocap_tiny"):
        own = work / f"{folder}_ang-low_map-neu-low-sad-low"
        assert (own / "emotions").read_text() == "ang\nlow\n"
        assert (work / folder / "emotions").read_text() == "ang\nhap\nneu\nsad\n"


def test_a_failing_stage_stops_the_recipe_with_the_log_shown(work, iemocap, tmp_path, warm_run):
    (tmp_path / "tiny.yaml").write_text(TINY.replace("mtl, menan", "mtl, mean"))
    options = ["--config", tmp_path / "tiny.yaml", "--work", work]
    failed = warm_run("iemocap", *options, "--stage", "3")
    assert failed.returncode == 1
    assert "unknown objective 'mean'" in failed.stderr
    assert "stage 4" not in failed.stdout


@pytest.fixture(scope="module")
def four_actors(tmp_path_factory):
    if not RAVDESS.exists():
        pytest.skip("needs RAVDESS in ../shared")
    folder = tmp_path_factory.mktemp("ravdess")
    for actor in ("01", "02", "03", "04"):
        own = folder / f"Actor_{actor}"
        own.mkdir()
        for path in (RAVDESS / own.name).glob(f"03-01-*-01-*-01-{actor}.*"):  # 16 of 60
            shutil.copy(path, own)
    return folder


def test_ravdess_on_a_pretrained_encoder_by_groups_and_beside_published_figures(
    tmp_path, four_actors, warm_run
):
    encoder = write_encoder(tmp_path / "encoder", "hubert")
    (tmp_path / "tiny.yaml").write_text(
        "features: {front_end: pretrained, pretrained: hub/name, layers: all, pool: stats}\n"
        "model: {encoder: {name: pooled, size: 8}, hidden: [], bottleneck: noise}\n"
        "training: {epochs: 2, batch_size: 16}\n"
        "runs: {objective: menan, hold_out: each}\n"
    )
    (tmp_path / "halves.groups").write_text("Actor_01 a\nActor_02 a\nActor_03 b\nActor_04 b\n")
    published = (ROOT / "egs/ravdess/conf/emobox.published").read_text()
    (tmp_path / "published.yaml").write_text(published.replace("groups: 6", "groups: 2"))
    whole = warm_run(
        *("ravdess", "--corpus-root", four_actors, "--emotions", "all", "--pretrained", encoder),
        *("--groups", tmp_path / "halves.groups", "--published", tmp_path / "published.yaml"),
        *(
            "--config",
            tmp_path / "tiny.yaml",
            "--work",
            tmp_path,
            "--nj",
            "1",
            "--rule",
            "last",
            "--probe-seeds",
            "0",
        ),
    )
    assert whole.returncode == 0, whole.stderr
    exp = tmp_path / "exp/tiny_all_halves"
    results = json.loads((exp / "results.json").read_text())
    assert results["corpus"] == "RAVDESS"
    assert results["config"]["features"]["model_type"] == "hubert"
    probed = {(found["system"], found["draws"]) for found in results["leakage"]}
    assert probed == {("menan", 1), ("menan", 32)}
    system = results["table2"]["systems"]["menan"]
    assert len(system["folds"]) == 4
    assert np.shape(system["pooled"]["confusion"]) == (8, 8)
    # Every actor says each emotion equally often, so means over groups are means over actors.
    assert results["published"]["here"]["menan"]["one_seed"] == pytest.approx(system["ua"]["test"])
    assert "| Whisper-large-v3 | published | 75.30 |" in (exp / "RESULTS.md").read_text()


def test_a_recipe_holds_groups_of_a_size_out(tmp_path, four_actors):
    options = ("--corpus-root", four_actors, "--work", tmp_path, "--stop-stage", "1")
    whole = run("ravdess", *options, "--group-size", "2", "--group-seed", "1")
    assert whole.returncode == 0, whole.stderr
    data = tmp_path / "data/ravdess_groups2-1"
    groups = dict(line.split() for line in (data / "spk2group").read_text().splitlines())
    assert sorted(groups.values()) == ["g01", "g01", "g02", "g02"]
    assert groups["Actor_01"] != groups["Actor_03"]  # both are men
    refused = run("ravdess", *options, "--group-size", "3")
    assert refused.returncode == 1
    assert "ravdess_groups3: expected 6 speakers or more for groups of 3" in refused.stderr


def test_a_study_goes_from_the_release_to_the_front(tmp_path, four_actors, warm_run):
    (tmp_path / "tiny.yaml").write_text(TINY.replace("each", "[g02]"))
    (tmp_path / "tiny.points").write_text(
        "# point systems seeds options\n"
        "none ec 0\n"
        "noise2 menan 0 --set model.bottleneck=noise --set model.bottleneck.sigma=2"
        " --set runs.objective.lambda=0.8\n"
    )
    study = ["--corpus-root", four_actors, "--work", tmp_path, "--nj", "1"]
    study += ["--config", tmp_path / "tiny.yaml", "--points", tmp_path / "tiny.points"]
    whole = warm_run("ravdess", *study, "--swap", "true", script="invariance.sh")
    assert whole.returncode == 0, whole.stderr
    exp = tmp_path / "exp/tiny_swapped"
    config = read_run_config(exp / "noise2/menan-lambda0.8_seed0/g02/config.yaml")
    assert sorted(config.emotions) == ["calm", "disgust", "fearful", "surprised"]
    front = json.loads((exp / "front.json").read_text())
    rows = front["rows"]
    assert [(row["system"], row["bottleneck"], row["draws"]) for row in rows] == [
        ("ec", "", None),
        ("menan-lambda0.8", "noise 2", 32),
    ]
    asked = [{name: bool(found) for name, found in row["unheard"].items()} for row in rows]
    assert [one["many"] for one in asked] == [False, True]
    assert (exp / "front.png").stat().st_size > 0
    assert front["corpus"] == "RAVDESS"
    usual = warm_run("ravdess", *study, "--stage", "2", script="invariance.sh")
    assert usual.returncode == 1
    assert f"{tmp_path}/exp/tiny:" in usual.stderr  # where the study would be unless swapped


def test_a_study_is_swapped_or_not():
    wrong = run("ravdess", "--swap", "maybe", script="invariance.sh")
    assert wrong.returncode == 1
    assert "--swap is true or false, not 'maybe'" in wrong.stderr


def test_attacks_go_from_the_release_to_the_report(tmp_path, four_actors, warm_run):
    tiny = "features: {seconds: 1}\ntraining: {epochs: 1, batch_size: 16}\nruns: {hold_out: each}\n"
    (tmp_path / "rival.yaml").write_text(tiny)
    (tmp_path / "tiny.yaml").write_text(tiny + "model: {bottleneck: {name: noise, sigma: 3}}\n")
    whole = warm_run(
        *("ravdess", "--corpus-root", four_actors, "--work", tmp_path, "--nj", "1", "--seed", "0"),
        *("--config", tmp_path / "tiny.yaml", "--rival", tmp_path / "rival.yaml"),
        *("--group-size", "2", "--groupings", "1"),
        script="attack.sh",
    )
    assert whole.returncode == 0, whole.stderr
    exp = tmp_path / "exp/attack_tiny"
    (attacked,) = json.loads((exp / "results.json").read_text())["attacks"]
    assert (attacked["system"], attacked["bottleneck"]) == ("menan", "noise 3")
    assert (attacked["rival"], attacked["networks"]) == ("ec", 2)
    assert {row["utterances"] for row in attacked["closed"]} == {"heard", "unheard"}
    labels = {row["label"] for row in attacked["use"]}
    # The copied files have one intensity, and nothing to tell apart.
    assert labels == {"emotion", "untrained emotions", "text"}
    assert "Attacks" in (exp / "report.html").read_text()
    assert "./attack.sh --corpus-root" in (exp / "RESULTS.md").read_text()
