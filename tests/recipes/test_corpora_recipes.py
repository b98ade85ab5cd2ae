"""The recipes of open corpora on generated speech, and EmoBox's RAVDESS on real speech."""

import json
import shutil
from functools import partial

import pytest

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_clips import (
    synthesize_cremad,
    synthesize_emodb,
    synthesize_meld,
    synthesize_msp_podcast,
)
from tests.corpora.emobox_example import EmoBoxExample
from tests.recipes.test_recipes import RAVDESS, TINY, run
from tests.recipes.warm import warm_tree

SHORT = Lengths(0.6, 0.8)


@pytest.fixture(scope="module")
def warm_run(tmp_path_factory):
    with warm_tree(tmp_path_factory.mktemp("warm")) as tree:
        yield partial(run, tree=tree)


def test_emodb_goes_from_the_release_to_the_report(tmp_path, warm_run):
    synthesize_emodb(tmp_path / "emodb", speakers=4, lengths=SHORT)
    (tmp_path / "tiny.yaml").write_text(TINY.replace("[mtl, menan]", "menan"))
    options = ("--config", tmp_path / "tiny.yaml", "--work", tmp_path, "--nj", "1")
    whole = warm_run("emodb", "--corpus-root", tmp_path / "emodb", *options)
    assert whole.returncode == 0, whole.stderr
    results = json.loads((tmp_path / "exp/tiny/results.json").read_text())
    assert results["corpus"] == "Emo-DB's layout, generated speech, seed 0"
    confusion = results["table2"]["systems"]["menan"]["pooled"]["confusion"]
    assert (len(confusion), sum(map(sum, confusion))) == (7, 56)


@pytest.mark.parametrize(
    ("corpus", "synthesize", "size", "groups"),
    [
        ("cremad", synthesize_cremad, 2, 3),
        ("meld", synthesize_meld, 4, 2),
        ("msp-podcast", synthesize_msp_podcast, 4, 2),
    ],
)
def test_other_corpora_become_groups_of_speakers(
    tmp_path, warm_run, corpus, synthesize, size, groups
):
    synthesize(tmp_path / "release", lengths=SHORT)
    options = ("--group-size", str(size), "--work", tmp_path, "--stop-stage", "1")
    whole = warm_run(corpus, "--corpus-root", tmp_path / "release", *options)
    assert whole.returncode == 0, whole.stderr
    (data,) = (tmp_path / "data").iterdir()
    named = dict(line.split() for line in (data / "spk2group").read_text().splitlines())
    assert len(set(named.values())) == groups


def test_ravdess_by_emoboxs_manifests_gives_the_figures_of_the_ravdess_recipe(tmp_path, warm_run):
    if not RAVDESS.exists():
        pytest.skip("needs RAVDESS in ../shared")
    labels = ("Neutral", "Calm", "Happy", "Sad", "Angry", "Fearful", "Disgust", "Surprised")
    scored = {name: name for name in labels} | {"Fearful": "Fear", "Surprised": "Surprise"}
    box = EmoBoxExample(tmp_path / "EmoBox", "ravdess", scored)
    for actor in ("01", "02", "03", "04"):
        (tmp_path / f"corpus/Actor_{actor}").mkdir(parents=True)
        for path in sorted((RAVDESS / f"Actor_{actor}").glob(f"03-01-*-01-*-01-{actor}.*")):
            shutil.copy(path, tmp_path / f"corpus/Actor_{actor}")
            emotion = labels[int(path.stem[6:8]) - 1]
            box.add(f"audio/Actor_{actor}/{path.stem}.wav", emotion, audio=False)
    box.write(*box.folds_by(("01", "04"), ("02", "03")))
    (tmp_path / "own.groups").write_text(
        "Actor_01 fold1\nActor_02 fold2\nActor_03 fold2\nActor_04 fold1\n"
    )
    (tmp_path / "tiny.yaml").write_text(TINY.replace("[mtl, menan]", "menan"))
    options = ("--config", tmp_path / "tiny.yaml", "--nj", "1", "--stop-stage", "4")
    recipes = {
        "emobox": ("--corpus-root", box.folder, "--audio-root", tmp_path / "corpus"),
        "ravdess": (
            *("--corpus-root", tmp_path / "corpus", "--emotions", "all"),
            *("--groups", tmp_path / "own.groups"),
        ),
    }
    scores = {}
    for recipe, own in recipes.items():
        whole = warm_run(recipe, *own, *options, "--work", tmp_path / recipe)
        assert whole.returncode == 0, whole.stderr
        (infer,) = (tmp_path / recipe).glob("exp/*/infer/menan_seed0")
        scores[recipe] = (
            (infer / "posteriors.ark").read_bytes(),
            (infer / "score.txt").read_text(),
        )
    assert scores["emobox"][0] == scores["ravdess"][0]
    assert scores["emobox"][1].startswith(scores["ravdess"][1].rstrip())  # then a table by fold
    assert "of 64 utterances" in scores["emobox"][1]
