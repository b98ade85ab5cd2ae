"""Recordings longer than a model's input: windows, silence, streams, arrays, JSON and the plot."""

import io
import json

import numpy as np
import pytest
import soundfile
import torch

from menan.analysis.posterior_plot import posteriors_over_time
from menan.errors import InputError
from menan.front_ends import KaldiFrontEnd, PretrainedFrontEnd
from menan.inference import emotion_model
from menan.inference.emotion_model import load_model
from menan.inference.noise_key import NoiseKey
from menan.inference.prediction import Prediction
from menan.inference.recording import window_starts
from menan.labels import IEMOCAP_EMOTIONS
from menan.model.model_file import save_model
from menan_bin.menan_predict import main
from tests.training.training_example import build_network, model_card, model_with

RATE = 16000


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A model whose input is one second."""
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    save_model(path, build_network(43, 2, 0), model_card(features=KaldiFrontEnd(seconds=1.0)))
    return path


@pytest.fixture(scope="module")
def model(path):
    return load_model(path)


def noise(seconds, seed=0, level=0.1):
    return (level * np.random.default_rng(seed).normal(size=int(seconds * RATE))).clip(-1, 1)


def write(path, samples, rate=RATE):
    soundfile.write(path, samples, rate)
    return path


@pytest.fixture
def call(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr("sys.argv", ["menan-predict", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return (end.value.code, *capsys.readouterr())

    return run


def test_a_window_is_predicted_like_a_file_of_its_own(model, tmp_path, capsys):
    samples = noise(2.7)
    wav = write(tmp_path / "a.wav", samples)
    windows = list(model.windows(wav))
    assert [(one.start, one.end) for one in windows] == [
        *((0, 1), (0.5, 1.5), (1.0, 2.0), (1.5, 2.5)),
        (1.7, 2.7),
    ]
    assert capsys.readouterr().err == f"note: {wav}: 2.70 s in 5 windows of 1 s\n"
    for one in windows:
        part = samples[round(one.start * RATE) : round(one.end * RATE)]
        alone = model.predict(write(tmp_path / "part.wav", part))
        assert alone.posteriors == one.posteriors
        assert np.array_equal(alone.embedding, one.embedding)


def test_a_window_is_computed_on_one_thread_and_the_number_of_threads_stays(model, monkeypatch):
    seen, run = [], emotion_model.log_posteriors_and_embeddings
    monkeypatch.setattr(
        emotion_model,
        "log_posteriors_and_embeddings",
        lambda *given: seen.append(torch.get_num_threads()) or run(*given),
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        model.predict(noise(1), RATE)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_windows_do_not_depend_on_the_blocks_in_which_a_recording_is_read(model, monkeypatch):
    samples = noise(3.3)
    whole = list(model.windows(samples, RATE))
    monkeypatch.setattr("menan.inference.recording.BLOCK", 777)
    parts = list(model.windows(samples, RATE))
    assert [one.posteriors for one in parts] == [one.posteriors for one in whole]


@pytest.mark.parametrize("length", [1, 5, 7])
@pytest.mark.parametrize("hop", [1, 3, 5])
def test_windows_cover_every_sample(length, hop):
    for samples in range(length, 25):
        starts = window_starts(samples, length, min(hop, length))
        heard = {n for start in starts for n in range(start, start + length)}
        assert heard == set(range(samples))
        assert starts == sorted(set(starts))


def test_a_recording_has_the_mean_posterior_and_embedding_of_its_windows(model):
    samples = noise(2.2)
    windows, whole = list(model.windows(samples, RATE)), model.predict(samples, RATE)
    for emotion, value in whole.posteriors.items():
        assert value == pytest.approx(np.mean([one.posteriors[emotion] for one in windows]))
    mean = np.mean([one.embedding for one in windows], axis=0)
    np.testing.assert_allclose(model.embed(samples, RATE), mean, rtol=1e-6)
    assert (whole.start, whole.end) == (0, 2.2)
    assert whole.label in IEMOCAP_EMOTIONS


def test_silence_is_left_out_and_soft_speech_is_not(model, capsys):
    """Loud, silent but for a click, and 45 dB softer; the noise floor is 75 dB below the loud."""
    samples = noise(8, level=0.1 * 10 ** (-75 / 20))
    samples[: 2 * RATE] += noise(2)
    samples[4 * RATE] = 0.9
    samples[6 * RATE :] += noise(2, level=0.1 * 10 ** (-45 / 20))
    windows = list(model.windows(samples, RATE, hop=1))
    assert [one.start for one in windows] == [0, 1, 6, 7]
    said = capsys.readouterr().err
    assert "8.00 s in 8 windows of 1 s, of which 4 are silent and left out" in said


def test_a_floor_of_noise_is_silence_where_speech_stands_out_of_it(model):
    samples = noise(6, level=0.001)  # 50 dB below the speech
    samples[: 2 * RATE] += noise(2, level=0.3)
    assert [one.start for one in model.windows(samples, RATE, hop=1)] == [0, 1]


def test_a_recording_without_pauses_is_heard_whole(model):
    assert len(list(model.windows(noise(4), RATE, hop=1))) == 4


def test_long_silence_is_refused_and_short_silence_is_predicted_with_a_warning(model):
    with pytest.raises(InputError, match=r"samples: 2\.00 s, silent throughout; leave it out"):
        model.predict(np.zeros(2 * RATE), RATE)
    assert "digital silence" in model.predict(np.zeros(RATE), RATE).warnings[0]


def test_samples_a_file_and_a_stream_of_its_bytes_give_the_same(model, tmp_path):
    samples = (noise(2.2) * 2**15).astype(np.int16)
    stereo = np.stack([samples, samples[::-1]], axis=1)
    wav = write(tmp_path / "a.wav", stereo, 22050)
    expected = model.predict(wav).posteriors
    assert model.predict(stereo, 22050).posteriors == expected
    assert model.predict(stereo / 2**15, 22050).posteriors == expected
    assert model.predict(io.BytesIO(wav.read_bytes())).posteriors == expected


def test_a_compressed_recording_without_a_length_is_heard_to_its_end(model, tmp_path):
    samples = noise(2.5)
    soundfile.write(tmp_path / "a.mp3", samples, RATE)
    last = list(model.windows(tmp_path / "a.mp3"))[-1]
    assert last.end >= 2.5


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(9), None, "expected a sampling rate of 4000 to 384000 Hz, found None"),
        (np.zeros((2, 16000)), RATE, r"expected the shape .* found \(2, 16000\); transpose"),
        (np.zeros(0), RATE, "expected the shape"),
        (np.zeros(9, np.int64), RATE, ".*found int64; convert them"),
        (np.array([0.0, np.nan]), RATE, "contain NaN or Inf"),
    ],
)
def test_samples_that_are_no_recording_are_refused(model, samples, rate, message):
    with pytest.raises(InputError, match=f"^samples: {message}"):
        model.predict(samples, rate)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 1.5}, r"window: expected 0.01 to 1 s \(the model's input\), found 1.5"),
        ({"window": 1e-6}, "window: expected"),
        ({"window": float("nan")}, "window: expected"),
        ({"window": 0.5, "hop": 0.6}, r"hop: expected 0.01 to 0.5 s \(the window\), found 0.6"),
        ({"hop": 0}, "hop: expected"),
    ],
)
def test_windows_that_would_not_cover_the_recording_are_refused(model, options, message):
    with pytest.raises(InputError, match=message):
        list(model.windows(noise(2), RATE, **options))


def test_a_short_window_cuts_a_short_recording_too(model):
    windows = list(model.windows(noise(1), RATE, window=0.4, hop=0.3))
    assert [one.start for one in windows] == [0, 0.3, 0.6]


def test_a_pretrained_encoder_hears_an_emotion_at_a_time():
    assert PretrainedFrontEnd(pretrained="x").window == 10
    assert PretrainedFrontEnd(pretrained="x", seconds=6.0).window == 6


def test_every_window_has_noise_of_its_own_that_the_key_repeats(tmp_path):
    noisy, features = model_with("noise"), KaldiFrontEnd(seconds=1.0)
    path = tmp_path / "m.safetensors"
    save_model(path, build_network(43, 2, 0, noisy), model_card(features=features, model=noisy))
    samples = np.tile(noise(1), 2)  # the first and the last window have the same features
    samples[0] += 1e-3
    keyed = load_model(path, noise=NoiseKey(bytes(32)))
    first, _, last = (one.embedding for one in keyed.windows(samples, RATE))
    again = [one.embedding for one in keyed.windows(samples, RATE)]
    assert np.array_equal(first, again[0])
    assert np.abs(first - last).max() > 0.1


def test_the_command_prints_one_line_per_file_or_window(path, model, tmp_path, call):
    wav = write(tmp_path / "a.wav", noise(2.0))
    whole, windows = model.predict(wav), list(model.windows(wav))
    status, out, err = call("--model", path, wav)
    shown = " ".join(f"{emotion} {p:.3f}" for emotion, p in whole.posteriors.items())
    assert (status, out) == (0, f"{wav}\t{whole.label}\t{shown}\n")
    assert "3 windows of 1 s" in err
    _, out, _ = call("--model", path, "--windows", "true", wav)
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[:4] for line in lines] == [
        [str(wav), f"{one.start:.2f}", f"{one.end:.2f}", one.label] for one in windows
    ]


def test_json_has_the_figures_of_python(path, model, tmp_path, call):
    wav = write(tmp_path / "a.wav", np.stack([noise(2), -noise(2)], axis=1))
    _, out, _ = call("--model", path, "--json", "true", "--embedding", "true", wav)
    whole = model.predict(wav)
    assert json.loads(out) == whole.to_json(embedding=True)
    assert list(json.loads(out)) == [
        *("path", "start", "end", "label", "posteriors", "warnings", "embedding")
    ]
    assert json.loads(out)["warnings"][0].startswith("channels that cancel")
    _, out, _ = call("--model", path, "--json", "true", "--windows", "true", wav)
    found = [json.loads(line) for line in out.splitlines()]
    assert found == [one.to_json() for one in model.windows(wav)]
    status, _, err = call("--model", path, "--embedding", "true", wav)
    assert (status, "add --json true" in err) == (1, True)


def test_standard_input_is_a_recording(path, model, tmp_path, call, monkeypatch):
    wav = write(tmp_path / "a.wav", noise(2))
    stream = io.TextIOWrapper(io.BytesIO(wav.read_bytes()))
    monkeypatch.setattr("sys.stdin", stream)
    _, out, _ = call("--model", path, "--json", "true", "-")
    assert json.loads(out) == model.predict(wav).to_json() | {"path": "-"}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"<html>")))
    status, _, err = call("--model", path, "-")
    assert status == 1
    assert "menan-predict: error: -: cannot be read as audio: a web page" in err


def test_the_plot_shows_one_recording_and_leaves_silence_blank(path, tmp_path, call):
    wav = write(tmp_path / "a.wav", noise(2))
    assert call("--model", path, "--plot", tmp_path / "p.png", wav)[0] == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    status, out, err = call("--model", path, "--plot", tmp_path / "q.png", wav, wav)
    assert (status, out, "expected one recording, found 2" in err) == (1, "", True)
    status, out, err = call("--model", path, "--plot", tmp_path / "q.txt", wav)
    assert (status, out, "ends in .png, .pdf, .svg" in err) == (1, "", True)
    ends = (("ang", 1.0, 0.0), ("sad", 0.0, 1.0))
    windows = [
        Prediction("a", start, start + 2, {e: p[n] for e, *p in ends}, np.zeros(1))
        for n, start in enumerate((0.0, 3.0))
    ]
    found = posteriors_over_time(windows, np.arange(6.0))
    np.testing.assert_array_equal(found, [[1, 1, np.nan, 0, 0], [0, 0, np.nan, 1, 1]])
