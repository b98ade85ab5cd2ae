"""Official splits: as folds of menan-folds, in training, inference and the report."""

import sys

import pytest

from menan.analysis.report.write_report import write_report
from menan.analysis.tables.collect import ReportSources
from menan.config import RunsConfig, TrainingConfig
from menan.corpora.split_file import set_split
from menan.datadir.division import divided
from menan.datadir.dump_directory import open_dump
from menan.datadir.metadata import read_metadata
from menan.datadir.split import folds_of_split, split_findings, split_parts
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.inference.infer import infer
from menan.model.model_file import load_model
from menan.scoring.score import score_files
from menan.training.selection import HeldOut
from menan_bin import menan_folds
from tests.training.training_example import objectives, train_runs

QUICK = TrainingConfig(epochs=2, batch_size=5)
SPLIT = RunsConfig(objective=objectives("menan"), hold_out=("split",))
BY_SPEAKER = "spk00 Train\nspk01 Train\nspk02 Development\nspk03 Test1\nspk04 Test2\n"


@pytest.fixture
def feats(make_dump):
    """Five speakers with copies, and the file of a split by speaker."""
    feats = make_dump(speakers=5, speeds=(0.9, 1.0))
    (feats.parent / "folds").write_text(BY_SPEAKER)
    set_split(feats.parent, feats.parent / "folds")
    return feats


def test_a_split_by_speaker_makes_a_fold_of_each_test(feats):
    labels = open_dump(feats).metadata
    folds = folds_of_split(labels)
    assert [(fold.test, fold.valid) for fold in folds] == [
        ("Test1", "Development"),
        ("Test2", "Development"),
    ]
    train, held = divided(labels, "split")
    assert {utt[:5] for utt in train} == {"spk00", "spk01"}
    assert any("-sp0.9" in utt for utt in train)
    assert {utt[:5] for utt in held} == {"spk02", "spk03", "spk04"}
    assert not any("-sp0.9" in utt for utt in held)
    assert split_findings(labels) == []


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_split_by_utterance_may_share_speakers_which_is_told(feats, separator):
    utts = open_dump(feats).metadata.originals
    rows = [["utt", "split"]]
    for utt in utts:
        part = {"ang": "test", "hap": "train", "neu": "train", "sad": "dev"}[utt[6:9]]
        rows.append([utt, "" if utt == "spk00-hap0" else part])
    path = feats.parent / "folds.csv"
    path.write_text("".join(separator.join(row) + "\n" for row in rows))
    assert set_split(feats.parent, path) == (2, 0)  # the utterance and its copy
    labels = open_dump(feats).metadata
    assert [part.cells()[:3] for part in split_parts(labels)] == [
        ("train", "train", "19"),
        ("dev", "valid", "10"),
        ("test", "test", "10"),
    ]
    assert split_findings(labels) == [
        "dev: nothing of sad to train on, so that their recall is 0",
        "dev: 5 of 5 speakers are ones that are trained on: not unseen speakers",
        "test: nothing of ang to train on, so that their recall is 0",
        "test: 5 of 5 speakers are ones that are trained on: not unseen speakers",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spk00 trian\n", r"folds: split 'trian': expected a name that begins with train, val"),
        ("nobody train\n", r"folds: names neither utterances nor speakers of the data"),
    ],
)
def test_a_wrong_file_is_refused(feats, text, message):
    before = (feats.parent / "utt2split").read_bytes()
    (feats.parent / "folds").write_text(text)
    with pytest.raises(InputError, match=message):
        set_split(feats.parent, feats.parent / "folds")
    assert (feats.parent / "utt2split").read_bytes() == before


def test_a_name_in_two_parts_is_refused(feats):
    (feats.parent / "f.csv").write_text("speaker,split\nspk00,train\nspk01,test\nspk00,test\n")
    with pytest.raises(InputError, match=r"f.csv:4: speaker 'spk00' is in test here and in train"):
        set_split(feats.parent, feats.parent / "f.csv")


@pytest.mark.parametrize("lost", ["Train", "Development", "Test"])
def test_a_split_without_one_of_the_roles_is_refused(feats, tmp_path, lost):
    kept = {u: p for u, p in read_table(feats.parent / "utt2split").items() if lost not in p}
    write_table(feats.parent / "utt2split", kept)
    role = {"Train": "train", "Development": "valid", "Test": "test"}[lost]
    with pytest.raises(InputError, match=rf"expected .* part for {role} with .*, found 0"):
        train_runs(feats, tmp_path / "exp", QUICK, SPLIT)


def test_without_a_split_the_cure_is_named(make_dump, tmp_path):
    with pytest.raises(InputError, match=r"no official split .* menan-folds --folds FILE"):
        train_runs(make_dump(), tmp_path / "exp", QUICK, SPLIT)


def test_menan_folds_prints_the_parts(feats, monkeypatch, capsys):
    folder = feats.parent
    monkeypatch.setattr(sys, "argv", ["menan-folds", str(folder), "--folds", str(folder / "folds")])
    with pytest.raises(SystemExit) as end:
        menan_folds.main()
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert [line.split()[:5] for line in out.splitlines()[1:]] == [
        ["Train", "train", "16", "16", "2"],
        ["Development", "valid", "8", "8", "1"],
        ["Test1", "test", "8", "8", "1"],
        ["Test2", "test", "8", "8", "1"],
    ]


def test_from_training_to_the_report(feats, tmp_path):
    train_runs(feats, tmp_path / "exp", QUICK, SPLIT)
    run = tmp_path / "exp/menan_seed0/split"
    assert set(HeldOut.load(run / "heldout.npz").speakers) == {"Development", "Test1", "Test2"}
    _, card = load_model(run / "Test2.best-ua.safetensors")
    assert (card.group, card.test, card.valid) == ("split", "Test2", "Development")
    assert card.speakers == ("spk00", "spk01")
    (out,) = infer(tmp_path / "exp/menan_seed0", feats, tmp_path / "out", test_speakers_only=True)
    assert {utt[:5] for utt in read_table(out / "utt2emo")} == {"spk03", "spk04"}
    report = score_files(feats.parent / "utt2emo", out)
    assert {part: score.utterances for part, score in report.splits.items()} == {
        "Test1": 8,
        "Test2": 8,
    }
    text = write_report(ReportSources(exp=tmp_path / "exp"), tmp_path / "R.md")
    assert "Test1" in text
    assert "official split" in text
    assert "Leave one speaker out" not in text


def test_a_dump_of_data_with_a_split_keeps_it(feats):
    assert read_metadata(feats.parent).utt2split["spk04-ang0-sp0.9"] == "Test2"
