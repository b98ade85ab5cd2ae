"""Wrong uses of the commands: one line with the place and the cure, status 1, no traceback."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.tables import write_table
from menan.datadir.utterances import Utterance, write_datadir


def start(monkeypatch, capsys, command: str, *arguments: object) -> tuple[int, str]:
    """Exit status and what stands on stderr."""
    module = importlib.import_module(f"menan_bin.{command.replace('-', '_')}")
    monkeypatch.setattr("sys.argv", [command, *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        module.main()
    return exit_.value.code, capsys.readouterr().err


@pytest.fixture
def refused(monkeypatch, capsys):
    """Run a command that is to be refused; check the manner, give the line."""

    def check(command: str, *arguments: object) -> str:
        status, error = start(monkeypatch, capsys, command, *arguments)
        lines = [line for line in error.splitlines() if line.startswith(f"{command}: error: ")]
        assert status == 1
        assert len(lines) == 1
        assert error.splitlines()[-1] == lines[0]
        assert "Traceback" not in error
        return lines[0]

    return check


@pytest.fixture
def data(tmp_path) -> Path:
    """A data directory of four speakers with an utterance each."""
    utterances = []
    for speaker in "abcd":
        path = tmp_path / f"{speaker}.wav"
        noise = 0.1 * np.random.default_rng(0).normal(size=8000)
        soundfile.write(path, noise, 16000)
        name = f"{speaker}-1"
        utterances.append(Utterance(name, speaker, name, str(path), ("ang",), 0.5))
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"


def test_a_missing_root(refused, tmp_path):
    line = refused("menan-prepare", "iemocap", tmp_path / "none", tmp_path / "data")
    assert "none: no such directory; give the folder with" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("corpus", ["iemocap", "mosei", "ravdess"])
def test_an_empty_directory(refused, tmp_path, corpus):
    (tmp_path / "empty").mkdir()
    line = refused("menan-prepare", corpus, tmp_path / "empty", tmp_path / "data")
    assert "empty: does not contain" in line
    assert not (tmp_path / "data").exists()


def test_a_wav_that_is_text(refused, tmp_path, data):
    (tmp_path / "b.wav").write_text("not audio at all\n" * 100)
    line = refused("menan-dump", "--data", data, "--out", tmp_path / "dump")
    assert "b.wav: cannot be read as audio" in line
    assert not (tmp_path / "dump/feats.scp").exists()
    assert not list(tmp_path.glob("dump/*.ark"))


def test_a_truncated_wav(refused, tmp_path, data):
    path = tmp_path / "c.wav"
    path.write_bytes(path.read_bytes()[:6000])
    line = refused("menan-dump", "--data", data, "--out", tmp_path / "dump")
    assert "c.wav: truncated, its header promises" in line
    assert not (tmp_path / "dump/feats.scp").exists()


def test_an_ark_cut_short(refused, tmp_path, make_dump):
    feats = make_dump()
    ark = feats.with_name("feats.ark")
    ark.write_bytes(ark.read_bytes()[:-100])
    line = refused("menan-train", "--feats", feats, "--exp", tmp_path / "exp", "--epochs", 1)
    assert "spk03-sad1" in line
    assert "cut short" in line
    assert not (tmp_path / "exp").exists()


def test_a_config_with_a_misspelt_key(refused, tmp_path, make_dump):
    (tmp_path / "c.yaml").write_text("training: {epoch: 2}\n")
    options = ["--exp", tmp_path / "exp", "--config", tmp_path / "c.yaml"]
    line = refused("menan-train", "--feats", make_dump(), *options)
    assert "c.yaml: training: unknown key 'epoch'; did you mean 'epochs'?" in line


def test_an_unknown_objective(refused, tmp_path, make_dump):
    line = refused(
        "menan-train", "--feats", make_dump(), "--exp", tmp_path / "exp", "--objective", "ec,mean"
    )
    assert "unknown objective 'mean'; choose from ec, mtl, dat, menan, uniform" in line
    assert not (tmp_path / "exp").exists()


def test_a_held_out_group_that_does_not_exist(refused, tmp_path, make_dump):
    line = refused(
        "menan-train", "--feats", make_dump(), "--exp", tmp_path / "exp", "--hold_out", "Ses09"
    )
    assert "unknown held-out group 'Ses09'; choose from g01 g02" in line


def test_a_label_that_emotions_does_not_list(refused, tmp_path, make_dump):
    feats = make_dump()
    path = feats.with_name("utt2emo")
    path.write_text(path.read_text().replace("hap\n", "joy\n", 1))
    line = refused("menan-train", "--feats", feats, "--exp", tmp_path / "exp")
    assert "utt2emo:3: unknown emotion 'joy'; choose from ang hap neu sad" in line


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("menan-dump", ["--data", "{data}", "--out", "{file}/dump"]),
        ("menan-train", ["--feats", "{feats}", "--exp", "{file}/exp"]),
        ("menan-score", ["--ref", "{ref}", "--hyp", "{ref}", "--json", "{file}/score.json"]),
        ("menan-synthesize", ["iemocap", "{file}/corpus"]),
        ("menan-folds", ["{data}", "--out", "{file}/folds.tsv"]),
    ],
)
def test_an_output_that_cannot_be_written(refused, tmp_path, data, make_dump, command, options):
    (tmp_path / "file").write_text("in the way")
    places = {
        "data": data,
        "feats": make_dump(),
        "ref": data / "utt2emo",
        "file": tmp_path / "file",
    }
    line = refused(command, *(option.format(**places) for option in options))
    assert str(tmp_path / "file") in line
    assert (tmp_path / "file").read_text() == "in the way"


def test_several_emotions_where_one_is_needed(refused, tmp_path, make_dump):
    feats = make_dump()
    path = feats.with_name("utt2emo")
    path.write_text(path.read_text().replace("hap\n", "hap,sad\n", 1))
    line = refused("menan-train", "--feats", feats, "--exp", tmp_path / "exp")
    assert "has 2 emotions; training needs one each" in line


def test_a_dump_of_one_speaker_has_nobody_to_confuse(refused, tmp_path, make_dump):
    feats = make_dump(speakers=1)
    line = refused("menan-train", "--feats", feats, "--exp", tmp_path / "exp")
    assert "one speaker" in line


def test_a_missing_option_is_a_line_too(refused, tmp_path):
    line = refused("menan-train", "--exp", tmp_path)
    assert "--feats" in line
    assert "menan-train --help" in line


def test_an_interrupted_dump_leaves_no_archive_under_its_final_name(refused, tmp_path, data):
    write_table(data / "wav.scp", {f"{s}-1": str(tmp_path / f"{s}.wav") for s in "abc"})
    line = refused("menan-dump", "--data", data, "--out", tmp_path / "dump")
    assert "utterance 'd-1' of utt2spk is missing" in line
    assert not list(tmp_path.glob("dump/*"))


def test_checkpoint_that_is_damaged(refused, tmp_path, make_dump, monkeypatch, capsys):
    feats = make_dump()
    options = ["--feats", feats, "--exp", tmp_path / "exp", "--epochs", 1]
    assert start(monkeypatch, capsys, "menan-train", *options)[0] == 0
    checkpoint = tmp_path / "exp/menan_seed0/all/checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    line = refused("menan-train", *options)
    assert "checkpoint.pt: checksum mismatch, the file is damaged" in line
    config = tmp_path / "exp/menan_seed0/all/config.yaml"
    assert yaml.safe_load(config.read_text())["objective"]["name"] == "menan"
