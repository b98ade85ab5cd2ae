"""Windows with speech, as silero-vad hears it: generated speech, music, noise, and RAVDESS."""

import builtins
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from menan.corpora.synthetic.release import named_rng
from menan.corpora.synthetic.voice import draw_speaker, synthesize
from menan.errors import InputError
from menan.front_ends import KaldiFrontEnd
from menan.inference.emotion_model import load_model
from menan.inference.recording import listen_to
from menan.inference.speech_gate import SpeechGate
from menan.model.model_file import save_model
from menan_bin.menan_predict import main
from tests.training.training_example import build_network, model_card

RATE = 16000
RAVDESS = Path(__file__).resolve().parents[3] / "shared" / "ravdess"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A model whose input is one second."""
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    save_model(path, build_network(43, 2, 0), model_card(features=KaldiFrontEnd(seconds=1.0)))
    return path


@pytest.fixture(scope="module")
def speech():
    """Three seconds of a generated voice, float64, full scale 1."""
    rng = named_rng(0, "voice")
    return synthesize(draw_speaker("f", rng), "neu", rng, 3.0).astype(np.float64)


def hiss(seconds, level=0.1):
    return level * np.random.default_rng(0).normal(size=int(seconds * RATE))


def chord(seconds):
    times = np.arange(int(seconds * RATE)) / RATE
    return 0.05 * sum(np.sin(2 * np.pi * hz * times) for hz in (220, 277, 330))


def gate_of(*parts):
    return listen_to(np.concatenate(parts), RATE, keep="speech").gate


def passed(gate, seconds):
    return [gate.passes(n * RATE, (n + 1) * RATE) for n in range(seconds)]


def test_speech_passes_and_noise_and_music_do_not(speech):
    gate = gate_of(hiss(3), speech, chord(3), hiss(2))
    assert passed(gate, 11) == [*3 * [False], *3 * [True], *5 * [False]]


def test_sound_is_kept_by_default_whatever_it_is(speech):
    recording = listen_to(np.concatenate([hiss(3), speech]), RATE)
    assert passed(recording.gate, 6) == 6 * [True]


def test_the_blocks_in_which_it_is_read_do_not_matter(speech, monkeypatch):
    parts = (hiss(1.5), speech, hiss(1.5), speech)
    whole = gate_of(*parts)
    monkeypatch.setattr("menan.inference.recording.BLOCK", 777)
    blocks = gate_of(*parts)
    assert passed(blocks, 9) == passed(whole, 9)
    assert blocks._chances == whole._chances


def test_other_sampling_rates_are_resampled(speech):
    slow = np.repeat(speech, 3)  # 48 kHz
    gate = SpeechGate(48000)
    gate.hear(np.concatenate([np.zeros(3 * 48000), slow]).astype(np.float32) * 32768)
    assert [gate.passes(n * 48000, (n + 1) * 48000) for n in range(6)] == 3 * [False] + 3 * [True]


def test_the_number_of_threads_stays_as_it_is(speech, monkeypatch):
    """The package sets it to 1 when it is imported."""
    for name in [name for name in sys.modules if name.split(".")[0] == "silero_vad"]:
        monkeypatch.delitem(sys.modules, name)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        gate_of(speech)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_command_predicts_windows_with_speech(path, speech, tmp_path, monkeypatch, capsys):
    wav = tmp_path / "a.wav"
    soundfile.write(wav, np.concatenate([chord(3), speech]), RATE)
    options = ["--model", path, "--windows", "true", "--hop", 1, "--keep", "speech", wav]
    monkeypatch.setattr("sys.argv", ["menan-predict", *map(str, options)])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert end.value.code == 0
    assert [line.split("\t")[1] for line in out.splitlines()] == ["3.00", "4.00", "5.00"]
    assert "6.00 s in 6 windows of 1 s, of which 3 are without speech and left out" in err


def test_a_recording_without_speech_is_refused(path):
    model = load_model(path)
    with pytest.raises(InputError, match=r"samples: 3\.00 s, without speech throughout"):
        model.predict(chord(3), RATE, keep="speech")
    with pytest.raises(InputError, match="keep 'music': choose from sound, speech"):
        model.predict(chord(3), RATE, keep="music")


def test_without_the_package_the_error_has_the_command_that_installs_it(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("silero_vad"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "silero_vad", raising=False)
    with pytest.raises(InputError, match=r"silero-vad: pip install 'menan\[speech\]'$"):
        SpeechGate(RATE)


@pytest.mark.skipif(not RAVDESS.is_dir(), reason="no RAVDESS beside the repository")
def test_real_speech_in_noise_passes_and_the_noise_alone_does_not():
    samples, _ = soundfile.read(min(RAVDESS.glob("Actor_*/*.flac")))
    spoken = samples[RATE : 2 * RATE]  # before and behind it an actor is silent
    noise = hiss(2, level=np.sqrt(np.mean(spoken**2)) / 10)  # SNR 20 dB
    gate = gate_of(noise, spoken + noise[:RATE], noise)
    assert passed(gate, 5) == [False, False, True, False, False]
