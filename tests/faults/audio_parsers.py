"""Parsers of audio: formats with and without a length, what is not audio, and channels."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import soundfile

from menan.audio import audio_info, read_audio
from menan.datadir.tables import read_table
from menan.datadir.validate.directory import validate
from menan.features.dump.sources import read_sources
from menan.ffmpeg import use_ffmpeg
from menan.sound_check import listen
from tests.faults import seeds
from tests.faults.trial import Parser

CHANNELS = b"a 1\nb mix\nc 1\nd mix\n"


def parsers() -> list[Parser]:
    """The parsers of this file; one more if ffmpeg is installed."""
    wavs = (seeds.audio("FLAC"), seeds.audio("AIFF"), seeds.audio("OGG"), _coded("WAV", "GSM610"))
    others = (seeds.audio("NIST"), seeds.audio("W64"), seeds.audio("CAF"))
    streamed = (_zero("RF64", 28, 8), _zero("AU", 8, 4), _flac_of_unknown_length())
    heads = (b"<!DOCTYPE html>", b"PK\3\4", b"\0\0\0\x20ftypM4A ", b"NIST_1A\n shorten", b"#EXTM3U")
    mp3 = _coded("MP3", "MPEG_LAYER_III", 8000)
    found = [
        Parser("audio", "a.wav", _audio, _only(seeds.audio()), (*wavs, *others)),
        Parser("streamed audio", "a.wav", _audio, _only(_zero("WAV", 40, 4)), streamed),
        Parser("MP3", "a.wav", _audio, _only(mp3[mp3.index(mp3[:2], 4) :]), (mp3,)),
        Parser("not audio", "a.wav", _audio, _only(seeds.audio()), heads),
        Parser("reco2channel", "reco2channel", _sources, _channels),
        Parser("validate reco2channel", "reco2channel", _validate, _channels, refuses=False),
    ]
    if shutil.which("ffmpeg"):
        found.append(Parser("ffmpeg", "a.m4a", _through_ffmpeg, _mp4))
    return found


def _audio(folder: Path) -> None:
    _read(folder / "a.wav")


def _read(path: Path) -> None:
    """Read a file in all ways; they must agree on its length."""
    info = audio_info(path)
    samples, _ = read_audio(path)
    assert len(samples) == info.samples, f"{info.samples} samples announced, {len(samples)} read"
    assert listen(path).info == info
    read_audio(path, 0.05, 0.1)


def _through_ffmpeg(folder: Path) -> None:
    use_ffmpeg()
    try:
        _read(folder / "a.m4a")
    finally:
        use_ffmpeg(False)


def _sources(folder: Path) -> None:
    for source in read_sources(folder, read_table(folder / "utt2spk")).values():
        source.read()


def _validate(folder: Path) -> None:
    "\n".join(validate(folder).lines()).encode("utf-8")


def _only(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "a.wav").write_bytes(content)


def _channels(folder: Path) -> None:
    seeds.data(folder)
    (folder / "reco2channel").write_bytes(CHANNELS)


def _mp4(folder: Path) -> None:
    (folder / "a.flac").write_bytes(_coded("FLAC", "PCM_16", 16000))
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", folder / "a.flac", folder / "a.m4a"]
    subprocess.run(command, check=True)


def _coded(container: str, subtype: str, rate: int = seeds.RATE) -> bytes:
    samples, _ = soundfile.read(io.BytesIO(seeds.audio()))
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format=container, subtype=subtype)
    return content.getvalue()


def _zero(container: str, place: int, count: int) -> bytes:
    """A file whose header names no samples."""
    content = bytearray(seeds.audio(container))
    content[place : place + count] = bytes(count)
    return bytes(content)


def _flac_of_unknown_length() -> bytes:
    content = bytearray(seeds.audio("FLAC"))
    content[21] &= 0xF0
    content[22:26] = struct.pack(">I", 0)
    return bytes(content)
