import numpy as np
import pytest
import soundfile

from menan.audio import AudioInfo, hear_audio
from menan.sound_check import SoundCheck, corpus_warnings, file_warnings, listen

RATE = 16000
DRAW = np.random.default_rng(0)
NOISE = DRAW.normal(0, 0.05, 2 * RATE)
OTHER = DRAW.normal(0, 0.05, 2 * RATE)


def telephone(samples):
    """Samples without anything above 4 kHz, as a file upsampled from 8 kHz."""
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / RATE) > 4000] = 0
    return np.fft.irfft(spectrum)


def stereo(*channels):
    return np.stack(channels, axis=1)


def remarks(path, samples, subtype="PCM_16", channel=None):
    soundfile.write(path, samples, RATE, subtype=subtype)
    check = SoundCheck()
    info = hear_audio(path, check.hear)
    return check.remarks(info, channel)


@pytest.mark.parametrize(
    ("samples", "subtype", "expected"),
    [
        (0 * NOISE, "PCM_16", "digital silence"),
        (stereo(0 * NOISE, 0 * NOISE), "PCM_16", "digital silence"),
        (np.clip(30 * NOISE, -1, 1), "PCM_16", "clipped"),
        (np.clip(30 * NOISE, -1, 1), "ULAW", "clipped"),
        (np.clip(30 * NOISE, -1, 1), "FLOAT", "clipped"),
        (np.clip(30 * NOISE, -1, 1) / 3, "PCM_16", "clipped"),
        (NOISE * 32768, "FLOAT", "floats far above 1"),
        (NOISE / 65536, "PCM_32", "hardly any level"),
        (NOISE / 256, "PCM_24", "hardly any level"),
        (NOISE / 1000, "PCM_16", "hardly any level"),
        (np.round(NOISE * 128) / 32768, "PCM_16", "hardly any level"),
        (NOISE / 1000, "FLOAT", "hardly any level"),
        (stereo(NOISE, -NOISE), "PCM_16", "channels that cancel"),
        (stereo(NOISE, -0.95 * NOISE), "PCM_16", "channels that cancel"),
        (stereo(NOISE, OTHER), "PCM_16", "channels that differ"),
        (stereo(NOISE, 0 * NOISE), "PCM_16", "a channel that is silent"),
        (telephone(NOISE), "FLOAT", "hardly anything above 4 kHz"),
        (telephone(NOISE), "PCM_16", "hardly anything above 4 kHz"),
        (telephone(NOISE) + OTHER / 1000, "PCM_16", "hardly anything above 4 kHz"),
        (telephone(NOISE) + OTHER / 50, "PCM_16", None),
        (NOISE, "PCM_16", None),
        (10 * NOISE, "FLOAT", None),
        (NOISE / 10, "PCM_16", None),
        (stereo(NOISE, NOISE), "PCM_16", None),
        (stereo(NOISE, 0.6 * NOISE + 0.3 * OTHER), "PCM_16", None),
    ],
)
def test_it_is_heard_what_a_listener_would_notice(tmp_path, samples, subtype, expected):
    found = remarks(tmp_path / "a.wav", samples, subtype)
    assert list(found) == ([expected] if expected else [])


def test_what_is_heard_does_not_depend_on_the_blocks():
    samples = np.clip(30 * NOISE, -1, 1).astype(np.float32)[:, None] * [0.5, -0.5]
    info = AudioInfo(RATE, len(samples), 2)
    found = []
    for count in (len(samples), 5000):
        check = SoundCheck()
        for start in range(0, len(samples), count):
            check.hear(samples[start : start + count])
        found.append(check.remarks(info))
    assert found[0] == found[1]
    assert set(found[0]) == {"clipped", "channels that cancel"}


def test_only_the_channel_that_is_used_is_judged(tmp_path):
    samples = stereo(NOISE, 0 * NOISE)
    assert remarks(tmp_path / "a.wav", samples, channel=1) == {}
    assert list(remarks(tmp_path / "a.wav", samples, channel=2)) == ["digital silence"]


def test_telephone_speech_is_told_of_a_single_file_at_its_own_rate(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, NOISE, 8000)
    heard = listen(path)
    assert file_warnings(heard.remarks) == (
        "a sampling rate of telephone speech (8000 Hz); a model of wideband speech may fail on it",
    )
    assert corpus_warnings([(str(path), None)]) == []


def test_a_corpus_has_a_line_per_remark_that_names_some_files(tmp_path):
    for number in range(5):
        soundfile.write(tmp_path / f"{number}.wav", 0 * NOISE, RATE)
    soundfile.write(tmp_path / "loud.wav", NOISE, RATE)
    soundfile.write(tmp_path / "narrow.wav", NOISE, 8000)
    (tmp_path / "page.wav").write_text("<html>")
    names = [*(f"{number}.wav" for number in range(5)), "loud.wav", "narrow.wav", "page.wav"]
    silent, rates, broken = corpus_warnings([(str(tmp_path / name), None) for name in names])
    named = f"warning: digital silence: 5 of 7: {tmp_path / '0.wav'} (2.00 s), "
    assert silent.startswith(named)
    assert "and 2 more; " in silent
    expected = f"rates differ: 1 of 8000 Hz (such as {tmp_path / 'narrow.wav'}), 6 of 16000 Hz"
    assert expected in rates
    assert "1 of 8 recordings cannot be read, such as" in broken
    assert "a web page" in broken


def test_a_usual_corpus_has_no_line(tmp_path):
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    assert corpus_warnings([(str(tmp_path / "a.wav"), None)]) == []
