"""The samples that the decoder delivers decide on the length, not the estimate of a header."""

import struct

import numpy as np
import pytest
import soundfile

from menan import audio_stream
from menan.audio import audio_info, read_audio
from menan.errors import InputError

RATE = 16000
COUNT = 3 * RATE + 123
TIME = np.arange(COUNT) / RATE
# A quiet beginning: what MP3 estimates from its first frame is then far too short.
SPEECH = 0.3 * np.sin(2000 * TIME) * np.sin(20 * TIME) * np.where(TIME < 1, 0.001, 1)
PCM = (SPEECH * 32767).astype("<i2").tobytes()
# Formats by the name of a file, and the number of samples that they keep.
FORMATS = {
    **dict.fromkeys(("a.wav", "a.flac", "a.aiff", "a.au", "a.sph", "a.w64", "a.rf64"), COUNT),
    **dict.fromkeys(("a.mp3", "a.ogg", "a.opus", "ulaw.wav"), COUNT),
    **dict(zip(("gsm610.wav", "ima_adpcm.wav", "g721_32.wav"), (48640, 48816, 48240), strict=True)),
}
CONTAINERS = {"sph": "NIST", "opus": "OGG"}


def write(path):
    """A file of a format of FORMATS."""
    container = CONTAINERS.get(path.suffix[1:], path.suffix[1:].upper())
    subtype = {"a": None, "o": "OPUS"}.get(path.stem, path.stem.upper())
    subtype = "OPUS" if path.suffix == ".opus" else subtype
    soundfile.write(path, SPEECH, RATE, format=container, subtype=subtype)
    return path


def wav(path, size, samples=PCM, after=b""):
    """A WAV whose header names ``size`` bytes of samples."""
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    riff = struct.pack("<4sI", b"RIFF", min(size + 36, 2**32 - 1))
    path.write_bytes(riff + head + struct.pack("<4sI", b"data", size) + samples + after)
    return path


def mp3_without_index(path):
    content = write(path).read_bytes()
    path.write_bytes(content[content.index(content[:2], 4) :])
    return path


def flac_of_unknown_length(path):
    content = bytearray(write(path).read_bytes())
    content[21] &= 0xF0  # the number of samples: 36 bits in STREAMINFO
    content[22:26] = bytes(4)
    path.write_bytes(content)
    return path


def length(path):
    """Seconds by header and samples, which must agree."""
    samples, rate = read_audio(path)
    assert audio_info(path).samples == len(samples)
    return len(samples) / rate


@pytest.mark.parametrize("name", FORMATS)
def test_blocks_and_segments_give_the_samples_of_the_whole(tmp_path, monkeypatch, name, capfd):
    path = write(tmp_path / name)
    whole, _ = read_audio(path)
    assert len(whole) == audio_info(path).samples == FORMATS[name]
    segment, _ = read_audio(path, 1.0, 1.7)
    np.testing.assert_array_equal(segment, whole[RATE : RATE + 11200])
    monkeypatch.setattr(audio_stream, "BLOCK", 1000)
    np.testing.assert_array_equal(read_audio(path)[0], whole)
    np.testing.assert_array_equal(read_audio(path, 1.0, 1.7)[0], segment)
    assert capfd.readouterr().err == ""


def test_an_mp3_without_index_is_read_to_its_end(tmp_path):
    path = mp3_without_index(tmp_path / "a.mp3")
    with soundfile.SoundFile(path) as file:
        assert file.frames < 0.8 * COUNT  # libsndfile alone hears less
    assert COUNT <= round(length(path) * RATE) < COUNT + 2500  # the codec's delay is not cut off
    whole, _ = read_audio(path)
    np.testing.assert_array_equal(read_audio(path, 2.5, 9.0)[0], whole[40000:])
    with pytest.raises(InputError, match=r"4\.000-5\.000 s is not within the 3\.\d+ s of the file"):
        read_audio(path, 4.0, 5.0)


def test_tags_around_an_mp3_are_not_read_as_sound(tmp_path, capfd):
    path = mp3_without_index(tmp_path / "a.mp3")
    bare, _ = read_audio(path)
    path.write_bytes(b"ID3\3\0\0\0\0\0\x20" + bytes(32) + path.read_bytes() + b"TAG" + bytes(125))
    np.testing.assert_array_equal(read_audio(path)[0], bare)
    assert capfd.readouterr().err.count("warning") == 0


def tag(body, footer=False):
    """An ID3 tag as tag editors write it, perhaps with a picture of megabytes."""
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\4\0" + bytes([16 * footer]) + size + body + b"3DI7890123"[: 10 * footer]


@pytest.mark.parametrize(
    "before",
    [
        tag(b"\xff\xd8\xff\xfb\x90\x64" * 200_000),
        tag(bytes(70_000), True) + tag(bytes(300)),
        bytes(3000),
    ],
    ids=["a picture of 1.2 MB", "two tags", "zero bytes"],
)
@pytest.mark.parametrize("has_index", [True, False])
def test_an_mp3_behind_long_tags_is_read_as_without_them(tmp_path, capfd, before, has_index):
    path = write(tmp_path / "a.mp3") if has_index else mp3_without_index(tmp_path / "a.mp3")
    samples, _ = read_audio(path)
    tagged = tmp_path / "tagged.mp3"
    tagged.write_bytes(before + path.read_bytes())
    np.testing.assert_array_equal(read_audio(tagged)[0], samples)
    assert audio_info(tagged).samples == len(samples)
    assert capfd.readouterr().err == ""


def test_a_wav_with_mp3_in_it_may_lack_a_frame_that_its_size_promises(tmp_path):
    mp3, path = tmp_path / "a.mp3", tmp_path / "a.wav"
    soundfile.write(mp3, SPEECH[:RATE], RATE, bitrate_mode="CONSTANT", compression_level=0.9)
    content = mp3.read_bytes()
    sound = content[content.index(content[:2], 4) :]  # without the index
    mp3.write_bytes(sound)
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, RATE, 1000, 1, 0, 12, 1, 2, 36, 1, 1393)
    chunks = ((b"fmt ", form), (b"fact", struct.pack("<I", RATE)), (b"data", sound))
    body = b"".join(name + struct.pack("<I", len(text)) + text for name, text in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body)
    with soundfile.SoundFile(path) as file:
        assert file.frames > 1.01 * len(read_audio(mp3)[0])  # libsndfile's estimate
    np.testing.assert_array_equal(read_audio(path)[0], read_audio(mp3)[0])


def test_a_flac_of_unknown_length_is_read_to_its_end(tmp_path):
    path = flac_of_unknown_length(tmp_path / "a.flac")
    assert length(path) * RATE == COUNT
    whole, _ = read_audio(path)
    np.testing.assert_array_equal(read_audio(path, 1.0, 1.7)[0], whole[RATE : RATE + 11200])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"a\.flac: damaged"):
        audio_info(path)


@pytest.mark.parametrize(("name", "place", "count"), [("a.rf64", 28, 8), ("a.au", 8, 4)])
def test_other_headers_of_size_0_are_read_to_the_end_too(tmp_path, capfd, name, place, count):
    path = write(tmp_path / name)
    expected, _ = read_audio(path)
    content = bytearray(path.read_bytes())
    content[place : place + count] = bytes(count)
    path.write_bytes(content)
    np.testing.assert_array_equal(read_audio(path)[0], expected)
    assert audio_info(path).samples == COUNT
    np.testing.assert_array_equal(read_audio(path, 1.0, 1.7)[0], expected[RATE : RATE + 11200])
    err = capfd.readouterr().err
    assert err.count(f"its header names 0 samples; the {COUNT} that follow are read; ") == 1


def test_an_aiff_of_size_0_is_refused_with_the_cure(tmp_path):
    path = write(tmp_path / "a.aiff")
    content = bytearray(path.read_bytes())
    place = content.index(b"SSND") + 4
    content[place : place + 4] = struct.pack(">I", 8)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"0 samples, but \d+ bytes follow; .*sox --ignore-length"):
        audio_info(path)


def test_a_wav_without_samples_is_refused(tmp_path):
    path = wav(tmp_path / "a.wav", 0, samples=b"", after=struct.pack("<4sI", b"LIST", 4) + b"INFO")
    with pytest.raises(InputError, match="contains no samples"):
        audio_info(path)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 2**32 - 1])
def test_a_streamed_wav_is_read_to_its_end(tmp_path, capfd, size):
    path = wav(tmp_path / "a.wav", size)
    assert length(path) * RATE == COUNT
    np.testing.assert_array_equal(
        read_audio(path, 1.0, 2.0)[0], np.frombuffer(PCM, "<i2")[RATE : 2 * RATE]
    )
    reported = f"{path}: its header names 0 samples; the {COUNT} that follow are read; rewrite"
    assert capfd.readouterr().err.count(reported) == (size == 0)


def test_a_wav_without_samples_but_with_metadata_is_refused(tmp_path):
    path = wav(tmp_path / "a.wav", 0, b"", struct.pack("<4sI", b"LIST", 4) + b"INFO")
    with pytest.raises(InputError, match="contains no samples"):
        read_audio(path)


def half_named(name, path):
    """A file of twice the samples that its header names."""
    if name == "a.wav":
        return wav(path, len(PCM) // 2 // 2 * 2)
    content = bytearray(write(path).read_bytes())
    if name == "a.au":
        content[8:12] = struct.pack(">I", len(PCM) // 2)
    elif name == "a.flac":
        content[22:26] = struct.pack(">I", COUNT // 2)
    elif name == "a.sph":
        content = content.replace(b"sample_count -i 48123", b"sample_count -i 24061")
    else:
        content = content * 2
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.au", "a.flac", "a.sph", "a.mp3", "a.ogg"])
def test_samples_after_those_that_the_header_names_are_reported_once(tmp_path, capfd, name):
    path = half_named(name, tmp_path / name)
    read_audio(path)
    read_audio(path)
    lines = [line for line in capfd.readouterr().err.splitlines() if str(path) in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"warning: {path}: its header names ")
    assert f"{path.stem}_whole.wav'" in lines[0]


@pytest.mark.parametrize("name", ["a.wav", "a.au"])
def test_they_are_reported_by_the_header_alone_where_it_tells(tmp_path, capfd, name):
    path = half_named(name, tmp_path / name)
    audio_info(path)
    assert f"warning: {path}: its header names " in capfd.readouterr().err


def test_metadata_and_padding_after_the_samples_are_not_reported(tmp_path, capfd):
    chunk = struct.pack("<4sI", b"LIST", 9000) + b"INFO" + b"x" * 8996
    read_audio(wav(tmp_path / "chunk.wav", len(PCM), after=chunk))
    audio_info(tmp_path / "chunk.wav")
    read_audio(wav(tmp_path / "padded.wav", len(PCM), after=bytes(9000)))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "name", ["a.wav", "a.aiff", "a.au", "a.sph", "a.w64", "a.rf64", "gsm610.wav"]
)
def test_a_file_that_ends_early_is_refused_by_its_header(tmp_path, name):
    path = write(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(
        InputError, match=r"truncated, its header promises .*; fetch the file again"
    ):
        audio_info(path)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3"])
def test_a_compressed_file_that_ends_early_is_refused_when_it_is_read(tmp_path, name):
    path = write(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(InputError, match=r"truncated|damaged"):
        read_audio(path)
