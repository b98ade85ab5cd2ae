"""What a file is that libsndfile cannot read, and what to do about it."""

from dataclasses import dataclass
from pathlib import Path

_CONVERT = "convert it with 'ffmpeg -i {name} {wav}'"
_UNPACK = "unpack it and give the audio files in it"
_AGAIN = "fetch the file again"
# (place in the file, bytes there, what such a file is, cure); the first match counts.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (
        *(0, b"version https://git-lfs", "a Git LFS pointer, which stands for the file"),
        "run 'git lfs pull' in its repository",
    ),
    (4, b"ftyp", "an MP4 file (M4A, MOV: AAC or ALAC)", _CONVERT),
    (0, b"\x1aE\xdf\xa3", "a WebM or Matroska file", _CONVERT),
    (0, b"\xff\xf1", "AAC (ADTS)", _CONVERT),
    (0, b"\xff\xf9", "AAC (ADTS)", _CONVERT),
    (0, b"ADIF", "AAC (ADIF)", _CONVERT),
    (0, b"#!AMR", "AMR", _CONVERT),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a Windows Media file (WMA)", _CONVERT),
    (0, b"FLV\x01", "a Flash video", _CONVERT),
    (0, b"MAC ", "Monkey's Audio", _CONVERT),
    (0, b"wvpk", "WavPack", _CONVERT),
    (0, b"TTA1", "True Audio", _CONVERT),
    (0, b"ajkg", "compressed by shorten", _CONVERT),
    (0, b".ra\xfd", "RealAudio", _CONVERT),
    (0, b".RMF", "RealMedia", _CONVERT),
    (0, b"\0\0\x01\xba", "an MPEG video", _CONVERT),
    (8, b"AVI ", "an AVI video", _CONVERT),
    (0, b"OggS", "an Ogg file with a coding that libsndfile does not know", _CONVERT),
    (8, b"WAVE", "a WAV file that is damaged or has a coding that libsndfile lacks", _CONVERT),
    (0, b"fLaC", "a FLAC file that is damaged", _AGAIN),
    (0, b"PK\x03\x04", "a zip archive", _UNPACK),
    (0, b"\x1f\x8b", "compressed by gzip", _UNPACK),
    (0, b"BZh", "compressed by bzip2", _UNPACK),
    (0, b"\xfd7zXZ", "compressed by xz", _UNPACK),
    (0, b"(\xb5/\xfd", "compressed by zstd", _UNPACK),
    (0, b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (0, b"Rar!", "a rar archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"\x93NUMPY", "a NumPy array", "write it as WAV, with its sampling rate"),
    (0, b"\x89HDF", "an HDF5 file", "write its audio as WAV, with its sampling rate"),
    (0, b"%PDF", "a PDF document", "give the audio file"),
    (0, b"\x89PNG", "an image", "give the audio file"),
    (0, b"\xff\xd8\xff", "an image", "give the audio file"),
)
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<script")


@dataclass(frozen=True)
class NonAudio:
    """A file that libsndfile cannot read.

    what: the kind of file, or the reader's own words.
    cure: what to do about it.
    for_ffmpeg: whether ffmpeg may be able to read it.
    """

    what: str
    cure: str
    for_ffmpeg: bool

    def __str__(self) -> str:
        return f"{self.what}; {self.cure}"


def describe_non_audio(path: Path, reason: str) -> NonAudio:
    """What kind of file it is, as far as its beginning tells.

    Args:
        reason: the reader's own words, used where the file is of no known kind.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    what, cure = _kind(head, reason) or (reason, f"give WAV or FLAC, or try to {_CONVERT}")
    for_ffmpeg = "{wav}" in cure
    if for_ffmpeg:
        cure += " or read it with --ffmpeg true"
    wav = f"{path.stem}.wav" if path.suffix.lower() != ".wav" else f"{path.stem}_converted.wav"
    return NonAudio(what.rstrip(". "), cure.format(name=path.name, wav=wav), for_ffmpeg)


def _kind(head: bytes, reason: str) -> tuple[str, str] | None:
    if head[8:12] == b"WAVE" and "'data' chunk" in reason:  # SoX and ffmpeg fail as well
        return "a WAV file whose chunks do not lead to any samples", (
            "export it again from the program that wrote it, or fetch it again"
        )
    if head.startswith(b"NIST_1A"):
        if b"shorten" in head:
            cure = "convert it with 'sph2pipe -f wav {name} {wav}'"
            return "a SPHERE file compressed by shorten", cure
        return "a SPHERE file that is damaged or has a coding that libsndfile lacks", (
            "convert it with 'sph2pipe -f wav {name} {wav}'"
        )
    for place, signature, what, cure in _SIGNATURES:
        if head[place:].startswith(signature):
            return what, cure
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.lower().startswith(_PAGES):
        return "a web page, which a server sent in place of the file", (
            "open it to read why, and download the file again"
        )
    if not head.strip(b"\0"):
        return "nothing but zero bytes, as an interrupted download leaves it", _AGAIN
    return _kind_of_text(text)


def _kind_of_text(text: bytes) -> tuple[str, str] | None:
    try:
        line = text[:512].decode("ascii").splitlines()[0][:40].strip()
    except (UnicodeDecodeError, IndexError):
        return None
    if not line.isprintable():
        return None
    return f"text, which begins with {line!r}", "give the audio file"
