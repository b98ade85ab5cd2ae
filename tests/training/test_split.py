"""Official splits: as folds of menan-folds, in training, inference and the report."""

import re
import sys

import pytest

from menan.analysis.report.write_report import write_report
from menan.analysis.tables.collect import ReportSources
from menan.config import RunsConfig, TrainingConfig
from menan.corpora.split_file import set_split
from menan.datadir.division import divided, folds_of
from menan.datadir.dump_directory import open_dump
from menan.datadir.metadata import read_metadata
from menan.datadir.split import find_split, split_findings, split_parts
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.inference.infer import infer
from menan.model.model_file import load_model
from menan.scoring.score import score_files
from menan.scoring.score_findings import score_findings
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
    folds = folds_of(labels, "split")
    assert [(fold.test, fold.valid) for fold in folds] == [
        ("Test1", "Development"),
        ("Test2", "Development"),
    ]
    train, held = divided(labels, "split")
    assert {utt[:5] for utt in train} == {"spk00", "spk01"}
    assert any("-sp0.9" in utt for utt in train)
    assert {utt[:5] for utt in held} == {"spk02", "spk03", "spk04"}
    assert not any("-sp0.9" in utt for utt in held)
    assert split_findings(labels, find_split(labels, "split")) == []


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
    split = find_split(labels, "split")
    assert [part.cells()[1:4] for part in split_parts(labels, split)] == [
        ("train", "train", "19"),
        ("dev", "valid", "10"),
        ("test", "test", "10"),
    ]
    assert split_findings(labels, split) == [
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


def lose(feats, name):
    """Leave a part of the split out."""
    kept = {u: p for u, p in read_table(feats.parent / "utt2split").items() if name not in p}
    write_table(feats.parent / "utt2split", kept)


@pytest.mark.parametrize("lost", ["Train", "Test"])
def test_a_split_that_cannot_be_trained_or_tested_is_refused(feats, tmp_path, lost):
    lose(feats, lost)
    with pytest.raises(InputError, match=rf"expected a part for {lost.lower()} with .* none"):
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
    assert {line.split()[0] for line in out.splitlines()[1:]} == {"split"}
    assert [line.split()[1:6] for line in out.splitlines()[1:]] == [
        ["Train", "train", "16", "16", "2"],
        ["Development", "valid", "8", "8", "1"],
        ["Test1", "test", "8", "8", "1"],
        ["Test2", "test", "8", "8", "1"],
    ]


def test_data_whose_speakers_cannot_be_held_out_can_have_a_split(make_dump, monkeypatch, capsys):
    folder = make_dump(speakers=2).parent
    monkeypatch.setattr(sys, "argv", ["menan-folds", str(folder)])
    for code, told in ((1, "leaves no speaker to train on"), (0, "note: ")):
        with pytest.raises(SystemExit) as end:
            menan_folds.main()
        assert end.value.code == code
        assert told in capsys.readouterr().err
        write_table(folder / "utt2split", {f"spk0{n}-ang{n}": ["train", "test"][n] for n in (0, 1)})


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
    assert "Other utterances validate than test" in text


def test_a_dump_of_data_with_a_split_keeps_it(feats):
    assert read_metadata(feats.parent).utt2split["spk04-ang0-sp0.9"] == "Test2"


def test_without_validation_the_last_epoch_is_the_model_and_other_rules_say_why_not(
    feats, tmp_path, capsys
):
    lose(feats, "Development")
    train_runs(feats, tmp_path / "exp", QUICK, SPLIT)
    assert "no part for validation in split: no epoch is chosen" in capsys.readouterr().err
    models = sorted(path.name for path in (tmp_path / "exp").rglob("*.safetensors"))
    assert models == ["Test1.last.safetensors", "Test2.last.safetensors"]
    _, card = load_model(tmp_path / "exp/menan_seed0/split/Test1.last.safetensors")
    assert (card.test, card.valid, card.epoch) == ("Test1", None, 2)
    with pytest.raises(InputError, match=r"no \*/\*.best-ua.safetensors .* there is last"):
        infer(tmp_path / "exp/menan_seed0", feats, tmp_path / "out", rule="best-ua")
    with pytest.raises(InputError, match="no part for validation, which the rule best-ua needs"):
        write_report(ReportSources(exp=tmp_path / "exp"), tmp_path / "R.md")
    sources = ReportSources(exp=tmp_path / "exp", rule="last")
    text = write_report(sources, tmp_path / "R.md", html=tmp_path / "R.html")
    assert "Without validation there is no `best-ua`, `best-wa`, `best-loss`." in text
    assert "Δ = test − validation" not in text
    assert re.search(r"\| `menan` \| here \| – \| \d+\.\d\d \[.*\] \| – ", text)


FOLD_TABLE = "utt,fold\n" + "".join(
    f"spk{s:02d}-{emotion}{n},f{1 + (s + n) % 2}\n"
    for s in range(5)
    for emotion in ("ang", "hap", "neu", "sad")
    for n in range(2)
)
IN_FOLDS = RunsConfig(objective=objectives("menan"), hold_out=("folds",))


@pytest.fixture
def folded(make_dump):
    """Five speakers with copies; two folds that share all of them."""
    feats = make_dump(speakers=5, speeds=(0.9, 1.0))
    (feats.parent / "folds.csv").write_text(FOLD_TABLE)
    assert set_split(feats.parent, feats.parent / "folds.csv") == (0, 0)
    return feats


def test_each_fold_of_utterances_has_a_model_that_never_heard_what_it_tests(folded, tmp_path):
    runs = train_runs(folded, tmp_path / "exp", QUICK, IN_FOLDS)
    assert [run.group for run in runs] == ["split.f1", "split.f2"]
    labels = open_dump(folded).metadata
    for run in runs:
        train, tested = divided(labels, run.group)
        heard = {labels.utt2uniq[utt] for utt in train}
        assert heard | set(tested) == set(labels.originals)
        assert not heard & set(tested)
        assert {labels.utt2fold[utt] for utt in tested} == {run.folds[0].test}
    exp = tmp_path / "exp/menan_seed0"
    (out,) = infer(exp, folded, tmp_path / "out", rule="last", test_speakers_only=True)
    assert read_table(out / "utt2emo").keys() == set(labels.originals)
    report = score_files(folded.parent / "utt2emo", out)
    told = "5 of 5 speakers are ones it was trained on"
    assert score_findings(report, folded.parent / "utt2emo", out)[0].startswith(told)
    whole = HeldOut.load(exp / "split.f2/heldout.npz")
    right = (whole.guesses[-1] == whole.labels).mean()
    assert report.folds["f2"].wa == pytest.approx(right)
    text = write_report(ReportSources(exp=tmp_path / "exp", rule="last"), tmp_path / "R.md")
    assert "Folds of utterances: each fold has a training of its own" in text
    assert "f1: 5 of 5 speakers are ones that are trained on: not unseen speakers" in text
    assert "unseen speakers, %" not in text


def test_folds_that_keep_speakers_apart_test_unseen_ones(folded, tmp_path):
    table = {utt: f"f{1 + int(utt[4]) % 2}" for utt in open_dump(folded).metadata.utt2spk}
    write_table(folded.parent / "utt2fold", table)
    train_runs(folded, tmp_path / "exp", TrainingConfig(epochs=1, batch_size=64), IN_FOLDS)
    exp, ref = tmp_path / "exp/menan_seed0", folded.parent / "utt2emo"
    (out,) = infer(exp, folded, tmp_path / "out", rule="last", test_speakers_only=True)
    findings = score_findings(score_files(ref, out), ref, out)
    assert not [line for line in findings if "trained on" in line]


def test_a_model_of_a_fold_is_not_tested_on_data_without_it(folded, make_dump, tmp_path):
    train_runs(folded, tmp_path / "exp", TrainingConfig(epochs=1, batch_size=64), IN_FOLDS)
    model, other = tmp_path / "exp/menan_seed0", make_dump("other")
    with pytest.raises(InputError, match=r"utt2fold: nothing of 'split\.f1' in the data"):
        infer(model, other, tmp_path / "out", rule="last", test_speakers_only=True)
    assert len(infer(model, other, tmp_path / "out", rule="last")) == 2


def test_a_fold_may_validate_and_a_copy_goes_where_its_original_goes(folded):
    table = read_table(folded.parent / "utt2fold")
    table = {utt: f"{fold},f1" for utt, fold in table.items() if "-sp" not in utt and fold == "f2"}
    table |= dict.fromkeys(("spk00-ang0", "spk01-ang1"), "f1") | {"spk02-hap0": "-,f2"}
    write_table(folded.parent / "utt2fold", table)
    labels = read_metadata(folded.parent)
    first, second = (folds_of(labels, name)[0] for name in ("split.f1", "split.f2"))
    assert (first.valid, second.valid) == ("valid", "valid")
    parts = find_split(labels, "split.f1").parts
    assert parts["spk00-ang0-sp0.9"] == "f1"
    assert parts["spk00-ang1-sp0.9"] == "valid"
    assert parts["spk02-hap0"] == "train"
    assert find_split(labels, "split.f2").parts["spk02-hap0"] == "valid"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("utt,fold\nspk00-ang0,valid\n", "f.csv: utt2fold: a fold is called 'valid'"),
        ("utt,fold\nspk00-ang0,a/b\n", "f.csv: utt2fold: part 'a/b' cannot name a file"),
        ("utt,fold\nspk00-ang0,fold 1\n", "f.csv:2: fold 'fold 1' has white space"),
        ("utt,fold,split\nspk00-ang0,1,train\n", "f.csv:1: has the columns split and fold"),
    ],
)
def test_wrong_folds_are_refused(folded, table, message):
    before = (folded.parent / "utt2fold").read_bytes()
    (folded.parent / "f.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        set_split(folded.parent, folded.parent / "f.csv")
    assert (folded.parent / "utt2fold").read_bytes() == before


def test_without_folds_the_cure_is_named_and_groups_must_not_be_called_like_them(
    make_dump, tmp_path
):
    feats = make_dump()
    with pytest.raises(InputError, match=r"no folds of utterances .* columns utt and fold"):
        train_runs(feats, tmp_path / "exp", QUICK, IN_FOLDS)
    write_table(feats.parent / "spk2group", {f"spk0{n}": f"split.{n // 2}" for n in range(4)})
    with pytest.raises(InputError, match=r"a group in spk2group is called 'split.0'"):
        train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(hold_out=("each",)))
