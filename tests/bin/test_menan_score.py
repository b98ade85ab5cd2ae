import json

import pytest

from menan.datadir.tables import write_table
from menan_bin.menan_score import main


@pytest.fixture
def files(tmp_path):
    write_table(tmp_path / "data/utt2emo", {"a-1": "ang", "a-2": "hap,sad", "b-1": "neu"})
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
    assert capsys.readouterr().out.startswith("WA 66.67 %  UA 50.00 %  of 3 utterances")
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


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a-1 joy", "utt2emo:1: unknown emotion 'joy'"),
        ("a-1 ang,sad", "a hypothesis is one emotion"),
        ("c-1 ang", "'c-1', which the references lack"),
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
