"""A front-end from a plugin: from audio to a dump and to predictions, and what is refused."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from menan import plugins
from menan.datadir.archive import read_matrix, read_scp, read_vector
from menan.datadir.dump_directory import open_dump
from menan.datadir.utterances import Utterance, write_datadir
from menan.datadir.validate.directory import validate
from menan.errors import InputError
from menan.features import front_end
from menan.features.front_end import make_extractor, utterance_features
from menan.front_ends import FrontEnd, KaldiFrontEnd
from menan.inference import emotion_model
from menan.inference.infer import infer
from menan.model.model_file import load_model, save_model
from menan_bin import menan_dump
from tests.training.training_example import build_network, model_card

TOY = Path(__file__).resolve().parents[1] / "extend/toy_front_end.py"
CPU = torch.device("cpu")
SAMPLES = np.random.default_rng(0).normal(0, 1000, 16000).astype(np.float32)


@pytest.fixture
def unload(monkeypatch):
    """Forgets the plugins that a test loads; call it to forget them earlier."""

    def forget():
        monkeypatch.setattr(FrontEnd, "table", {"kaldi": KaldiFrontEnd})
        monkeypatch.setattr(front_end, "EXTRACTORS", dict(front_end.EXTRACTORS))
        monkeypatch.setattr(plugins, "_loaded", {})

    forget()
    return forget


@pytest.fixture
def toy(unload):
    """The settings type of the toy front-end, loaded as a plugin."""
    plugins.load_plugins([TOY])
    return FrontEnd.named("bands")


@pytest.fixture
def data(tmp_path):
    """Four speakers, one utterance each, of 0.5 s at 8 kHz."""
    utterances = []
    for n, speaker in enumerate("abcd"):
        path = tmp_path / f"{speaker}-{n}.wav"
        soundfile.write(path, np.random.default_rng(n).normal(0, 0.1, 4000), 8000)
        utterances.append(Utterance(f"{speaker}-{n}", speaker, path.stem, str(path), ("ang",), 0.5))
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"


def run_dump(monkeypatch, data, *options):
    words = ["menan-dump", f"--data={data}", f"--out={data.parent / 'dump'}", *options]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        menan_dump.main()
    return ended.value.code


@pytest.fixture
def dumped(unload, monkeypatch, data):
    """A dump by the toy front-end, made by the command; the toy stays loaded."""
    options = ("--front-end=bands", "--set=features.bands=12", "--set=features.seconds=0.5")
    assert run_dump(monkeypatch, data, f"--plugin={TOY}", *options) == 0
    return data.parent / "dump"


def test_a_dump_by_a_plugin_is_recorded_opened_and_validated(dumped):
    record = yaml.safe_load((dumped / "features.yaml").read_text())
    assert record["features"] == {
        "front_end": "bands",
        "seconds": 0.5,
        "speeds": [1.0],
        "bands": 12,
    }
    assert list(record["plugins"]) == [TOY.name]
    dump = open_dump(dumped / "feats.scp")
    assert record["plugins"] == plugins.plugins_of(dump.features)
    assert dump.features == FrontEnd.named("bands")(seconds=0.5, bands=12)
    assert dump.num_frames == dict.fromkeys(("a-0", "b-1", "c-2", "d-3"), 25)
    assert read_matrix(dump.scp["a-0"], "a-0").shape == (25, 12)
    assert validate(dumped).ok


def test_a_dump_by_a_plugin_names_the_plugin_to_load(dumped, unload):
    unload()
    with pytest.raises(InputError, match=r"features\.yaml.*'bands'.*--plugin toy_front_end\.py"):
        open_dump(dumped / "feats.scp")


def test_several_jobs_load_the_plugin_and_read_the_settings(unload, monkeypatch, data, tmp_path):
    (tmp_path / "launcher").write_text(f'echo "$@" > {tmp_path}/line; exit 1')
    options = (f"--plugin={TOY}", "--front-end=bands", "--set=features.bands=12", "--nj=2")
    assert run_dump(monkeypatch, data, *options, f"--cmd=sh {tmp_path}/launcher") == 1
    line = (tmp_path / "line").read_text()
    assert f"--plugin={TOY}" in line
    (settings,) = (word for word in line.split() if word.startswith("--config="))
    config = yaml.safe_load(Path(settings.removeprefix("--config=")).read_text())
    assert config["features"]["front_end"] == "bands"
    assert config["features"]["bands"] == 12


def test_prediction_from_a_file_is_that_of_dump_and_inference(dumped, tmp_path):
    features = open_dump(dumped / "feats.scp").features
    model = tmp_path / "m.safetensors"
    save_model(model, build_network(12, 2, 0), model_card(features=features))
    assert load_model(model, CPU)[1].features == features
    predicted = emotion_model.load_model(model).predict(tmp_path / "a-0.wav").posteriors
    infer(model, dumped / "feats.scp", tmp_path / "out", CPU)
    inferred = read_vector(read_scp(tmp_path / "out/posteriors.scp")["a-0"], "a-0")
    np.testing.assert_allclose(list(predicted.values()), inferred, rtol=1e-5)


def test_a_model_of_another_front_end_is_refused(dumped, tmp_path):
    model = tmp_path / "m.safetensors"
    save_model(model, build_network(43, 2, 0), model_card())
    with pytest.raises(InputError, match=r"front_end kaldi, but .* bands; make the"):
        infer(model, dumped / "feats.scp", tmp_path / "out", CPU)


def test_a_setting_out_of_range_is_refused_by_the_plugin(unload, monkeypatch, data, capsys):
    options = (f"--plugin={TOY}", "--front-end=bands", "--set=features.bands=0")
    assert run_dump(monkeypatch, data, *options) == 1
    assert "features: bands must lie between 1 and 160" in capsys.readouterr().err


def test_an_unknown_front_end_is_refused(unload, monkeypatch, data, capsys):
    assert run_dump(monkeypatch, data, "--front-end=bands") == 1
    assert "unknown front-end 'bands'; choose from kaldi, or load" in capsys.readouterr().err


def test_a_name_that_is_taken_is_refused(toy):
    with pytest.raises(InputError, match="the front-end 'bands' exists already"):
        front_end.add_front_end(toy, make_extractor)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((50, 7)), "its feature matrix has 7 columns; expected 8"),
        (np.zeros((51, 8)), "its feature matrix has 51 rows; expected 1 to 50"),
        (np.zeros(8), r"its feature matrix has the shape \(8,\)"),
        (np.full((50, 8), np.nan), "its features are not finite"),
    ],
)
def test_a_matrix_that_breaks_the_contract_is_refused(toy, matrix, message):
    with pytest.raises(InputError, match=message):
        utterance_features(SAMPLES, 16000, toy(seconds=1.0), lambda samples: matrix)
