"""Releases that are killed, made again, or written over: one utterance never has two draws."""

import json
import shutil

import pytest

from tests.faults.killing import CONFIG, Moment, make_corpus, recipe, reset, run, snapshot

INFER = [
    "menan-infer",
    "--model",
    "exp/menan_seed0",
    "--feats",
    "dump/feats.scp",
    "--out",
    "release",
]
KEY = ["--noise-key", "key"]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A system behind noise, trained on two groups of two speakers, and nothing released."""
    work = tmp_path_factory.mktemp("release") / "work"
    make_corpus(work)
    noisy = CONFIG.replace("[ec, menan]", "menan") + "model: {bottleneck: noise}\n"
    (work / "conf.yaml").write_text(noisy)
    for argv in recipe()[:3]:
        outcome = run(work, argv)
        assert outcome.status == 0, outcome.output
    reset(work.with_name("state"), work)
    return work.with_name("state")


@pytest.fixture
def work(state):
    reset(state.with_name("work"), state)
    return state.with_name("work")


def released(work, *options):
    outcome = run(work, [*INFER, *options])
    assert outcome.status == 0, outcome.output
    return snapshot(work / "release")


def refused(work, *options):
    for lock in (work / "release").glob("*/.lock"):
        lock.unlink()  # left by a killed command
    before = snapshot(work / "release")
    outcome = run(work, [*INFER, *options])
    assert outcome.status == 1
    assert outcome.output.count("\n") == 1, outcome.output
    assert snapshot(work / "release") == before
    return outcome.output


def complete_folds(work):
    return [path.parent.name for path in (work / "release").glob("*/utt2emo")]


def test_killed_and_run_again_with_the_same_key_it_is_the_same_release(work):
    undisturbed = run(work, [*INFER, *KEY])
    wanted, key = snapshot(work / "release"), (work / "key").read_bytes()
    for part in (0.3, 0.7, 0.9):
        shutil.rmtree(work / "release")
        moment = Moment(touch=int(part * undisturbed.touches))
        assert run(work, [*INFER, *KEY], moment).killed
        assert released(work, *KEY) == wanted, moment
    assert (work / "key").read_bytes() == key
    # Killed when the key itself may just have been made.
    (work / "key").unlink()
    shutil.rmtree(work / "release")
    assert run(work, [*INFER, *KEY], Moment(touch=undisturbed.touches // 2)).killed
    key = (work / "key").read_bytes()
    assert released(work, *KEY) != wanted
    assert (work / "key").read_bytes() == key


def test_killed_without_a_key_file_it_is_not_continued_with_another_key(work):
    touches = run(work, INFER).touches
    partly = 0
    for part in (0.6, 0.7, 0.8, 0.9):
        shutil.rmtree(work / "release")
        assert run(work, INFER, Moment(touch=int(part * touches))).killed
        if len(complete_folds(work)) in (1, 2, 3):
            partly += 1
            said = refused(work)
            assert "noise from a discarded key, which noise from a discarded key must not" in said
            assert "delete that directory or use another --out" in said
    assert partly > 0


def test_killed_over_a_release_with_another_key_only_the_new_one_looks_complete(work):
    released(work, "--noise-key", "first")
    old = snapshot(work / "release")
    touches = run(work, [*INFER, "--out", "elsewhere", *KEY]).touches
    partly = 0
    reset(work.with_name("first"), work)
    for touch in range(touches // 2, touches, touches // 6):
        reset(work, work.with_name("first"))
        assert run(work, [*INFER, *KEY], Moment(touch=touch)).killed
        partly += len(complete_folds(work)) in (1, 2, 3)
        for fold in complete_folds(work):
            name = f"{fold}/embeddings.ark"
            assert (work / "release" / name).read_bytes() != old[name]
    assert partly > 0


def test_a_public_seed_and_a_key_do_not_replace_each_other(work):
    for one, other in ((["--noise-seed", "0"], KEY), (KEY, ["--noise-seed", "0"]), (KEY, [])):
        released(work, *one)
        assert "which noise from a " in refused(work, *other)
        shutil.rmtree(work / "release")
    # A models.json of version 0.1.0, which knew seeds only.
    released(work, "--noise-seed", "0")
    for path in (work / "release").glob("*/models.json"):
        record = json.loads(path.read_text()) | {"noise": {"seed": 0, "draws": 1}}
        path.write_text(json.dumps(record))
    assert "holds embeddings with noise from a seed" in refused(work, *KEY)
    released(work, "--noise-seed", "1")


def test_a_key_in_the_release_and_two_sources_are_refused(work):
    for options, message in (
        (["--noise-key", "release/key"], "to be released; keep the key outside"),
        ([*KEY, "--noise-seed", "0"], "found both; leave one out"),
    ):
        outcome = run(work, [*INFER, *options])
        assert (outcome.status, outcome.output.count("\n")) == (1, 1)
        assert message in outcome.output
        assert not (work / "release").exists()
        assert not (work / "key").exists()
    # The release of an experiment is all that is below --out, not only a system's folder.
    inside = ["--model", "exp", "--out", "release", "--noise-key", "release/menan_seed1/key"]
    assert "keep the key outside" in run(work, [*INFER, *inside]).output


def test_one_key_serves_all_systems_of_an_experiment_and_parallel_shares(work):
    shutil.copytree(work / "exp/menan_seed0", work / "exp/menan_seed1")
    experiment = [*INFER, "--model", "exp", *KEY]
    for share in ("1/2", "2/2"):
        assert run(work, [*experiment, "--share", share]).status == 0
    first, second = (snapshot(work / f"release/menan_seed{n}") for n in (0, 1))
    for name, content in first.items():
        if name.endswith(".ark"):  # the same networks: the same noise
            assert second[name] == content
