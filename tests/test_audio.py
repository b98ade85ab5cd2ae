import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.audio import audio_info, read_audio
from menan.errors import InputError

RATE = 16000
NOISE = np.random.default_rng(0).integers(-9000, 9000, RATE).astype(np.int16)
RAVDESS = Path(__file__).resolve().parents[1].parent / "shared" / "ravdess"


@pytest.fixture
def wav(tmp_path):
    """One second of 16-bit noise."""
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    return tmp_path / "a.wav"


def test_a_name_that_is_too_long_or_has_a_zero_byte_is_not_found(wav):
    for name in ("a" * 300 + ".wav", "a\0.wav"):
        with pytest.raises(InputError, match="audio file not found"):
            audio_info(wav.with_name(name))


def test_a_name_need_not_be_utf_8(wav):
    latin = wav.with_name(os.fsdecode("é.wav".encode("latin-1")))
    wav.rename(latin)
    assert audio_info(latin).samples == RATE


def test_samples_are_on_the_scale_of_16_bit_integers(wav):
    samples, rate = read_audio(wav)
    assert rate == RATE
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, NOISE.astype(np.float32))


@pytest.mark.parametrize(("name", "subtype"), [("a.flac", "PCM_24"), ("b.wav", "FLOAT")])
def test_scale_does_not_depend_on_the_format(tmp_path, name, subtype):
    soundfile.write(tmp_path / name, NOISE / 32768, RATE, subtype=subtype)
    np.testing.assert_allclose(read_audio(tmp_path / name)[0], NOISE, atol=1e-3)


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([NOISE, NOISE // 2 * 0], axis=1), RATE)
    samples, _ = read_audio(tmp_path / "a.wav")
    np.testing.assert_array_equal(samples, NOISE / np.float32(2))


def test_a_segment_is_read_by_seconds_and_cut_at_the_end_of_the_file(wav):
    np.testing.assert_array_equal(read_audio(wav, 0.25, 0.5)[0], NOISE[4000:8000])
    np.testing.assert_array_equal(read_audio(wav, 0.75, 1.1)[0], NOISE[12000:])


@pytest.mark.parametrize(("start", "end"), [(1.0, 2.0), (-0.1, 0.5), (0.5, 0.5), (0.6, 0.5)])
def test_a_segment_outside_the_file_or_backwards_is_refused(wav, start, end):
    with pytest.raises(InputError, match=r"a\.wav: segment .* s is not within the 1\.000 s"):
        read_audio(wav, start, end)


def test_the_header_has_rate_length_and_channels(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((4000, 2)), 8000)
    info = audio_info(tmp_path / "a.wav")
    assert (info.sample_rate, info.samples, info.channels, info.seconds) == (8000, 4000, 2, 0.5)


@pytest.mark.parametrize("read", [audio_info, read_audio])
def test_files_that_are_not_audio_are_refused(tmp_path, read):
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("not audio\n" * 20)
    soundfile.write(tmp_path / "silent.wav", np.zeros(0), RATE)
    for name, message in (
        ("absent.wav", "audio file not found"),
        ("empty.wav", "empty file"),
        ("text.wav", "cannot be read as audio"),
        ("silent.wav", "contains no samples"),
    ):
        with pytest.raises(InputError, match=f"{name}: {message}"):
            read(tmp_path / name)


@pytest.mark.parametrize("read", [audio_info, read_audio])
def test_a_truncated_wav_is_refused(wav, read):
    wav.write_bytes(wav.read_bytes()[:20000])
    with pytest.raises(InputError, match=r"a\.wav: truncated, its header promises 32000 bytes"):
        read(wav)


def test_a_wav_that_was_written_to_a_pipe_is_read(wav):
    content = bytearray(wav.read_bytes())
    place = content.index(b"data") + 4
    for unknown in (0xFFFFFFFF, 0x7FFFF000):
        content[place : place + 4] = struct.pack("<I", unknown)
        wav.write_bytes(content)
        assert abs(len(read_audio(wav)[0]) - RATE) <= 1


@pytest.mark.parametrize("segment", [(), (0.9, 1.0)])
def test_a_truncated_flac_is_refused(tmp_path, segment):
    path = tmp_path / "a.flac"
    soundfile.write(path, NOISE, RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"a\.flac: .*; fetch the file again"):
        read_audio(path, *segment)


@pytest.mark.skipif(not RAVDESS.is_dir(), reason="no RAVDESS beside the repository")
def test_recorded_speech_is_read_at_its_level():
    path = min(RAVDESS.glob("Actor_*/*.flac"))
    samples, rate = read_audio(path)
    assert len(samples) == audio_info(path).samples
    assert rate == audio_info(path).sample_rate
    assert 100 < np.abs(samples).max() <= 32768
