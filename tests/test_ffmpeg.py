"""Audio that libsndfile cannot read is read through ffmpeg, if that is allowed."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from menan import ffmpeg
from menan.audio import audio_info, read_audio
from menan.errors import InputError
from menan.ffmpeg import use_ffmpeg
from tests.test_not_audio import POINTER

RATE = 16000
SPEECH = 0.3 * np.sin(np.arange(2 * RATE) / 9)
ALAC = b"\0\0\0\x20ftypM4A " + bytes(500)
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is missing")


@pytest.fixture(autouse=True)
def forbidden_before_and_after():
    use_ffmpeg(False)
    ffmpeg._decoded.cache_clear()
    yield
    use_ffmpeg(False)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that makes a program of some lines the only ffmpeg."""

    def make(*lines):
        path = tmp_path / "bin/ffmpeg"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(("#!/bin/sh", *lines, "")))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return make


def encoded(path, *options):
    soundfile.write(path.with_suffix(".flac"), SPEECH, RATE)
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path.with_suffix(".flac")]
    subprocess.run([*command, *options, path], check=True)
    return path


def test_a_program_that_is_missing_is_refused_with_the_cure(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="ffmpeg is not on the PATH; install it with 'apt install"):
        use_ffmpeg()
    use_ffmpeg(False)


def test_without_permission_the_program_is_not_run_and_named_in_the_cure(tmp_path, program):
    program(f"touch {tmp_path / 'was_run'}")
    (tmp_path / "a.m4a").write_bytes(ALAC)
    with pytest.raises(InputError, match=r"an MP4 file .*or read it with --ffmpeg true"):
        audio_info(tmp_path / "a.m4a")
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize("content", [POINTER, b"<html>", b"#EXTM3U\n/etc/passwd\n", b"PK\3\4" * 99])
def test_it_is_not_run_on_what_is_not_a_recording(tmp_path, program, content):
    program(f"touch {tmp_path / 'was_run'}")
    use_ffmpeg()
    (tmp_path / "a.m4a").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as audio"):
        audio_info(tmp_path / "a.m4a")
    assert not (tmp_path / "was_run").exists()


def test_it_runs_once_for_the_header_the_samples_and_segments_of_a_file(tmp_path, program):
    soundfile.write(tmp_path / "a.au", SPEECH, RATE, subtype="FLOAT")
    program(f"echo run >> {tmp_path / 'log'}", f"cat {tmp_path / 'a.au'}")
    use_ffmpeg()
    path = tmp_path / "a.m4a"
    path.write_bytes(ALAC)
    assert audio_info(path).samples == len(SPEECH)
    whole, rate = read_audio(path)
    assert rate == RATE
    np.testing.assert_allclose(whole, 32768 * SPEECH, atol=1e-2)
    np.testing.assert_array_equal(read_audio(path, 0.5, 1.0)[0], whole[8000:16000])
    assert (tmp_path / "log").read_text() == "run\n"
    path.write_bytes(ALAC + b"changed")
    read_audio(path)
    assert (tmp_path / "log").read_text() == "run\n" * 2


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("echo '[aac @ 0x55] Input buffer' >&2",), r"cannot read all of it \(Input buffer\)"),
        (("exit 3",), r"cannot read all of it \(exit status 3\); fetch the file again"),
        (("echo 'only one stream is supported' >&2", "exit 1"), "choose one with 'ffmpeg -i a.m4a"),
        (("echo 'Stream map matches no streams.' >&2", "exit 1"), "has no audio stream; give"),
        (("echo not audio",), "damaged"),
        ((":",), "ffmpeg found no samples"),
    ],
)
def test_what_it_reports_is_an_error_of_the_file(tmp_path, program, lines, message):
    program(*lines)
    use_ffmpeg()
    (tmp_path / "a.m4a").write_bytes(ALAC)
    with pytest.raises(InputError, match=rf"a\.m4a: .*{message}"):
        read_audio(tmp_path / "a.m4a")


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options", "longer"),
    [
        ("a.m4a", ("-c:a", "alac"), 0),
        ("a.mov", ("-c:a", "aac"), 2048),
        ("a.aac", ("-c:a", "aac"), 4096),
        ("a.mka", ("-c:a", "flac"), 0),
        ("a.wma", ("-c:a", "wmav2"), 4096),
        ("-a file:name%d.wv", ("-f", "wv"), 0),
    ],
)
def test_real_files_of_other_formats_are_read(tmp_path, name, options, longer):
    path = encoded(tmp_path / f"b{(tmp_path / name).suffix}", *options).rename(tmp_path / name)
    use_ffmpeg()
    info = audio_info(path)
    samples, rate = read_audio(path)
    assert (info.sample_rate, info.channels, rate) == (RATE, 1, RATE)
    assert info.samples == len(samples)
    assert abs(len(samples) - len(SPEECH)) <= longer
    assert 0.25 < np.abs(samples).max() / 32768 < 0.35


@needs_ffmpeg
def test_a_file_that_ends_early_is_refused(tmp_path):
    path = encoded(tmp_path / "a.mka", "-c:a", "aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    use_ffmpeg()
    with pytest.raises(InputError, match=r"a\.mka: ffmpeg cannot read all of it"):
        audio_info(path)
