import io

import numpy as np
import pytest
import soundfile
import torch

from menan.datadir.archive import read_scp, read_vector
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd
from menan.inference.emotion_model import load_model
from menan.inference.infer import infer
from menan.inference.noise_key import NoiseKey
from menan.labels import IEMOCAP_EMOTIONS, LabelSet
from menan.model.model_file import save_model
from menan_bin.menan_predict import main
from tests.training.training_example import build_network, model_card, model_with

FEATURES = KaldiFrontEnd(seconds=1.0)
CPU = torch.device("cpu")


@pytest.fixture(params=["none", "noise"])
def model(tmp_path, request):
    path = tmp_path / "m.safetensors"
    model = model_with(request.param)
    save_model(path, build_network(43, 2, 0, model), model_card(features=FEATURES, model=model))
    return path


def write_wav(path, seconds=1.4, rate=22050):
    rng = np.random.default_rng(0)
    soundfile.write(path, 0.1 * rng.normal(size=(int(seconds * rate), 2)), rate)
    return path


def test_prediction_from_a_file_is_that_of_dump_and_inference(model, tmp_path):
    wav = write_wav(tmp_path / "a-1.wav", seconds=0.9)
    key = NoiseKey(bytes(32))
    posteriors = load_model(model, noise=key).predict(wav).posteriors
    assert list(posteriors) == list(IEMOCAP_EMOTIONS)
    u = [Utterance(f"{s}-1", s, f"{s}-1", str(wav), ("ang",), 0.9) for s in "ab"]
    write_datadir(u, tmp_path / "data")
    dump_features(DumpOptions(tmp_path / "data", tmp_path / "dump", FEATURES))
    infer(model, tmp_path / "dump/feats.scp", tmp_path / "out", CPU, noise=key)
    inferred = read_vector(read_scp(tmp_path / "out/posteriors.scp")["a-1"], "a-1")
    np.testing.assert_allclose(list(posteriors.values()), inferred, rtol=1e-5)


def test_noise_comes_from_the_key_or_else_from_the_operating_system(tmp_path, monkeypatch, capsys):
    wav, path, found = write_wav(tmp_path / "a.wav"), tmp_path / "m.safetensors", {}
    for name in ("none", "noise"):
        model = model_with(name)
        save_model(path, build_network(43, 2, 0, model), model_card(features=FEATURES, model=model))
        found[name] = [load_model(path).predict(wav).posteriors for _ in range(2)]
    assert found["none"][0] == found["none"][1]
    assert found["noise"][0] != found["noise"][1]
    arguments = ["menan-predict", "--model", str(path), "--noise-key", str(tmp_path / "key")]
    monkeypatch.setattr("sys.argv", [*arguments, str(wav)])
    for _ in range(2):
        with pytest.raises(SystemExit):
            main()
    one, same = capsys.readouterr().out.splitlines()
    assert one == same
    again = load_model(path, noise=NoiseKey.from_file(tmp_path / "key")).predict(wav)
    assert " ".join(f"{emotion} {p:.3f}" for emotion, p in again.posteriors.items()) in one


def test_the_emotions_are_those_of_the_model(tmp_path, monkeypatch, capsys):
    labels = LabelSet(("calm", "disgust", "fear"))
    card = model_card(features=FEATURES, emotions=labels)
    save_model(tmp_path / "m.safetensors", build_network(43, 2, 0, emotions=3), card)
    wav = write_wav(tmp_path / "a.wav")
    posteriors = load_model(tmp_path / "m.safetensors").predict(wav).posteriors
    assert list(posteriors) == list(labels)
    arguments = ["menan-predict", "--model", str(tmp_path / "m.safetensors"), str(wav)]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit):
        main()
    path, best, shown = capsys.readouterr().out.rstrip().split("\t")
    assert (path, best) == (str(wav), max(posteriors, key=posteriors.get))
    assert shown.split()[::2] == list(labels)


def test_a_file_too_short_for_a_frame_is_named(model, tmp_path):
    wav = write_wav(tmp_path / "short.wav", seconds=0.02)
    with pytest.raises(InputError, match=r"short\.wav: .* too short"):
        load_model(model).predict(wav)


def test_what_is_odd_about_a_file_is_reported_on_stderr(model, tmp_path, capsys):
    noise = 0.1 * np.random.default_rng(0).normal(size=22050)
    soundfile.write(tmp_path / "a.wav", np.stack([noise, -noise], axis=1), 22050)
    loaded = load_model(model)
    first, second = map(loaded.predict, (tmp_path / "a.wav", write_wav(tmp_path / "b.wav")))
    assert first.posteriors != second.posteriors
    told = "channels that cancel (2 channels); choose one with --channel 1"
    assert first.warnings == (told,) != second.warnings
    lines = [line for line in capsys.readouterr().err.splitlines() if "a.wav" in line]
    assert lines == [f"warning: {tmp_path / 'a.wav'}: {told}"]


@pytest.mark.parametrize("model", ["none"], indirect=True)  # noise would differ each time
def test_one_channel_is_predicted_where_it_is_asked_for(model, tmp_path):
    left, right = 0.1 * np.random.default_rng(0).normal(size=(2, 22050))
    soundfile.write(tmp_path / "both.wav", np.stack([left, right], axis=1), 22050)
    soundfile.write(tmp_path / "right.wav", right, 22050)
    loaded = load_model(model)
    alone = loaded.predict(tmp_path / "right.wav")
    chosen = loaded.predict(tmp_path / "both.wav", channel=2)
    assert chosen.posteriors == alone.posteriors
    with pytest.raises(InputError, match=r"both\.wav: has no channel 3, only 1 to 2"):
        loaded.predict(tmp_path / "both.wav", channel=3)


def call(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["menan-predict", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.mark.parametrize("model", ["none"], indirect=True)
def test_prediction_goes_on_after_a_bad_file_and_sums_up(model, tmp_path, monkeypatch, capsys):
    first, last = write_wav(tmp_path / "a.wav"), write_wav(tmp_path / "d e.wav")
    (tmp_path / "b.wav").write_text("<html>")
    short = write_wav(tmp_path / "c.wav", seconds=0.01)
    missing = tmp_path / "missing.wav"
    files = [first, tmp_path / "b.wav", short, missing, last]
    assert call(monkeypatch, "--model", model, *files) == 1
    out, err = capsys.readouterr()
    assert [line.split("\t")[0] for line in out.splitlines()] == [str(first), str(last)]
    errors = [line for line in err.splitlines() if line.startswith("menan-predict: ")]
    assert len(errors) == 4
    for file, line in zip(files[1:4], errors, strict=False):
        assert line.startswith(f"menan-predict: error: {file}: ")
    assert errors[-1] == "menan-predict: 3 of 5 files failed"


@pytest.mark.parametrize("model", ["none"], indirect=True)
def test_a_folder_stands_for_its_audio(model, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "calls of today"
    (folder / "late").mkdir(parents=True)
    files = [write_wav(folder / "b.WAV"), write_wav(folder / "late/a.wav")]
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden.wav").write_text("x")
    assert call(monkeypatch, "--model", model, folder) == 0
    out, err = capsys.readouterr()
    assert [line.split("\t")[0] for line in out.splitlines()] == list(map(str, files))
    assert f"note: {folder}: 2 files that are not audio" in err
    (tmp_path / "empty").mkdir()
    assert call(monkeypatch, "--model", model, tmp_path / "empty") == 1
    assert "empty: no audio file in this folder" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["none"], indirect=True)
def test_a_folder_given_as_model_is_named_with_the_model_in_it(model, tmp_path):
    with pytest.raises(InputError, match=rf"a folder, not a model file; name a .* as {model}"):
        load_model(tmp_path)


@pytest.mark.parametrize("model", ["none"], indirect=True)
def test_a_command_runs_in_a_notebook(model, tmp_path, monkeypatch):
    """A notebook's stdout is not a text file of the system, and has no reconfigure()."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    assert call(monkeypatch, "--model", model, write_wav(tmp_path / "a.wav")) == 0
    assert stream.getvalue().startswith(f"{tmp_path / 'a.wav'}\t")
