import gzip
import io
import tarfile
import zipfile

import numpy as np
import pytest

from menan.audio import audio_info
from menan.errors import InputError

REST = np.random.default_rng(0).bytes(5000)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 72862\n"
SHORTEN = b"NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n"


# A LIST of 17 bytes without the padding that makes lengths even, as some editors write it.
UNPADDED = (
    b"RIFF\x49\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0"
    b"LIST\x11\0\0\0INFOISFT\5\0\0\0Lavf\0data\x10\0\0\0" + bytes(16)
)
TAR = tarfile.TarInfo("a.wav").tobuf() + bytes(1024)


def zip_archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("a.wav", REST)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "what", "cure"),
    [
        ("a.wav", POINTER, "a Git LFS pointer", "git lfs pull"),
        ("a.wav", b"\n<!DOCTYPE html><html>Quota", "a web page", "download the file again"),
        ("a.mp3", b"\xef\xbb\xbf<HTML>", "a web page", "download the file again"),
        ("a.wav", UNPADDED, "chunks do not lead to any samples", "export it again"),
        ("a.m4a", b"\0\0\0\x20ftypM4A " + REST, "an MP4 file", "ffmpeg -i a.m4a a.wav"),
        ("a.wav", b"\0\0\0\x20ftypqt  " + REST, "an MP4 file", "ffmpeg -i a.wav a_converted.wav"),
        ("a.webm", b"\x1aE\xdf\xa3" + REST, "a WebM", "ffmpeg -i a.webm a.wav"),
        ("a.aac", b"\xff\xf1\x50\x80" + REST, "AAC", "ffmpeg -i a.aac a.wav"),
        ("a.amr", b"#!AMR\n" + REST, "AMR", "ffmpeg -i a.amr a.wav"),
        ("a.sph", SHORTEN.ljust(1024) + b"ajkg\2" + REST, "SPHERE", "sph2pipe -f wav a.sph a.wav"),
        ("a.zip", zip_archive(), "a zip archive", "unpack it"),
        ("a.tar", TAR, "a tar archive", "unpack"),
        ("a.wav", gzip.compress(REST), "compressed by gzip", "unpack it"),
        ("a.wav", bytes(5000), "nothing but zero bytes", "fetch the file again"),
        ("a.wav", b"s01 neutral\n", "text, which begins with 's01 neutral'", "give the audio file"),
        ("a.wav", b"\x01\x02" + REST, "Format not recognised", "ffmpeg -i a.wav"),
        ("a.wav", b"", "empty file", "fetch the file again"),
    ],
)
def test_what_is_not_audio_is_named_with_its_cure_in_one_line(tmp_path, name, content, what, cure):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        audio_info(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: ")
    assert what in message.rpartition("; ")[0]
    assert cure in message.rpartition("; ")[2]
    assert "\n" not in message
