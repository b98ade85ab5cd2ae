import json

import pytest

from menan.datadir.tables import write_table
from menan_bin.menan_score import main


@pytest.fixture
def files(tmp_path):
    write_table(tmp_path / "data/utt2emo", {"a-1": "ang", "a-2": "hap,sad", "b-1": "neu"})
    (tmp_path / "data/emotions").write_text("ang\nhap\nneu\nsad\n")
    write_table(tmp_path / "data/utt2spk", {"a-1": "a", "a-2": "a", "b-1": "b"})
    write_table(tmp_path / "data/spk2gender", {"a": "f", "b": "m"})
    write_table(tmp_path / "hyp/utt2emo", {"a-1": "ang", "a-2": "sad", "b-1": "sad"})
    return tmp_path


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr("sys.argv", ["menan-score", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code


def test_text_and_json_say_the_same(files, monkeypatch, capsys):
    out = files / "score.json"
    status = run(
        monkeypatch, "--ref", files / "data/utt2emo", "--hyp", files / "hyp", "--json", out
    )
    assert status == 0
    assert capsys.readouterr().out.startswith(
        "WA 66.67 %  UA 50.00 %  macro F1 50.00 %  of 3 utterances"
    )
    report = json.loads(out.read_text())
    assert report["whole"]["wa"] == pytest.approx(2 / 3)
    assert report["genders"]["m"]["wa"] == 0
    assert report["speakers"]["a"]["wa"] == 1


def test_utt2spk_of_another_place_is_taken(files, monkeypatch, capsys):
    write_table(files / "other", {"a-1": "x", "a-2": "x", "b-1": "x"})
    hyp = files / "hyp/utt2emo"
    arguments = ["--ref", files / "data/utt2emo", "--hyp", hyp, "--utt2spk", files / "other"]
    assert run(monkeypatch, *arguments) == 0
    assert "\nx " in capsys.readouterr().out


@pytest.fixture
def other_labels(files):
    """Hypotheses of a model with the labels of RAVDESS."""
    write_table(files / "hyp/utt2emo", {"a-1": "angry", "a-2": "calm", "b-1": "neutral"})
    (files / "hyp/emotions").write_text("neutral\ncalm\nhappy\nsad\nangry\n")
    return ["--ref", files / "data/utt2emo", "--hyp", files / "hyp"]


@pytest.mark.parametrize(
    ("map_", "labels", "wa"),
    [
        ("angry=ang,happy=hap,neutral=neu,calm=neu", "ang hap neu sad", 2 / 3),
        ("angry=ang,happy=hap,neutral=neu,calm=hap", "ang hap neu sad", 1),
        ("angry=ang,happy=hap,neutral=neu,calm=calm", "ang hap neu sad calm", 2 / 3),
        ("angry=ang,hap=,neutral=neu,calm=calm,happy=happy", "ang neu sad calm happy", 2 / 3),
        ("ang=angry,neu=neutral,hap=calm,happy=happy", "angry calm neutral sad happy", 1),
    ],
)
def test_a_model_with_other_labels_is_scored_by_a_map(
    files, other_labels, monkeypatch, map_, labels, wa
):
    out = files / "score.json"
    assert run(monkeypatch, *other_labels, "--map", map_, "--json", out) == 0
    report = json.loads(out.read_text())
    assert report["emotions"] == labels.split()
    assert report["whole"]["wa"] == pytest.approx(wa)


def test_references_that_the_map_leaves_out_are_not_scored(files, other_labels, monkeypatch):
    out = files / "score.json"
    map_ = "ang=,neutral=neu,happy=hap,calm=hap,angry=neu"
    assert run(monkeypatch, *other_labels, "--map", map_, "--json", out) == 0
    assert json.loads(out.read_text())["whole"]["utterances"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "only the hypotheses have neutral calm happy angry, only the references ("),
        ([], "rename labels with --map old=new,..., leave references out with --map old="),
        (["--map", "angry=ang,happy=hap,neutral=neu"], "only the hypotheses have calm;"),
        (["--map", "joy=hap"], "--map joy=hap: "),
        (["--map", "calm="], "has no label 'calm' to leave out"),
        (["--map", "calm"], "--map: expected old=new"),
    ],
)
def test_labels_that_do_not_match_are_one_line(other_labels, monkeypatch, capsys, options, message):
    assert run(monkeypatch, *other_labels, *options) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("ref", "hyp", "labels"),
    [
        ("ang hap", "neu neu", "ang hap neu sad"),
        ("joy fear", "joy joy", "fear joy"),
        ("sad fear", "sad fear", "fear sad"),
    ],
)
def test_files_without_a_list_of_labels_have_those_of_iemocap_or_those_they_contain(
    tmp_path, monkeypatch, ref, hyp, labels
):
    for name, emotions in (("ref", ref), ("hyp", hyp)):
        write_table(tmp_path / name / "utt2emo", dict(zip("ab", emotions.split(), strict=True)))
    out = tmp_path / "score.json"
    options = ["--ref", tmp_path / "ref/utt2emo", "--hyp", tmp_path / "hyp", "--json", out]
    assert run(monkeypatch, *options) == 0
    assert json.loads(out.read_text())["emotions"] == labels.split()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a-1 joy\na-2 sad", "hyp/utt2emo: the labels do not match: only the hypotheses have joy"),
        ("a-1 ang,sad", "hyp/utt2emo:1: expected one emotion, found 'ang,sad'"),
        ("c-1 ang", "'c-1' has no reference"),
        ("a-1", "expected '<key> <value>'"),
    ],
)
def test_wrong_hypotheses_are_one_line_and_status_1(files, monkeypatch, capsys, line, message):
    (files / "hyp/utt2emo").write_text(line + "\n")
    status = run(monkeypatch, "--ref", files / "data/utt2emo", "--hyp", files / "hyp")
    assert status == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
