"""Mostly with compilers of shell script, which note their calls."""

import ctypes
import pwd
import shutil
from pathlib import Path

import pytest
import torch

from menan.engine.stacked import compiler
from menan.engine.stacked import cpu_kernels as cpu
from menan.engine.stacked.backends import REFERENCE, operations
from menan.engine.stacked.compiler import COMPILERS, SOURCES, kernels

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, COMPILERS)), reason="no C++ compiler here"
)


@pytest.fixture(autouse=True)
def anew(tmp_path, monkeypatch):
    """An empty cache, no compiler chosen, and nothing remembered before or after."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CXX", raising=False)
    kernels.cache_clear()
    yield
    kernels.cache_clear()


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Makes a compiler of a shell script and chooses it; gives the file of its calls.

    What it makes is no library: loading gives its path.
    """
    monkeypatch.setattr(ctypes, "CDLL", lambda path: Path(path or "libc"))

    def make(compiling='for last; do :; done; echo library > "$last"', version="1.0"):
        path, calls = tmp_path / "script", tmp_path / "calls"
        path.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo {version} && exit\n'
            f'echo "$@" >> {calls}\n{compiling}\n'
        )
        path.chmod(0o755)
        monkeypatch.setenv("CXX", str(path))
        calls.touch()
        return calls

    return make


def cached(tmp_path):
    return sorted(path.name for path in tmp_path.glob("cache/menan/*"))


def lines(path):
    return path.read_text().splitlines()


def assert_without(capsys, *parts):
    """No kernels, one line that says why, and PyTorch's operations instead."""
    assert kernels(double=False) is None
    assert operations(torch.device("cpu")) == REFERENCE
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert "no CPU kernels" in line
    assert all(part in line for part in parts), line


@needs_compiler
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_this_machines_compiler_compiles_them_and_the_cpu_gets_them(tmp_path, capsys, dtype):
    assert operations(torch.device("cpu"), dtype).encode is cpu.encode
    assert capsys.readouterr().err == ""
    (name,) = cached(tmp_path)
    assert name.startswith("kernels-")
    assert name.endswith(".so")


@needs_compiler
def test_their_threads_are_pytorchs(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    before = torch.get_num_threads()
    try:
        for threads in (3, 1):
            torch.set_num_threads(threads)
            assert kernels().omp_get_max_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_later_process_finds_them_compiled(script, tmp_path):
    calls = script()
    library = kernels()
    kernels.cache_clear()  # as in another process
    assert kernels() == library
    assert [library.name] == cached(tmp_path)
    assert len(lines(calls)) == 1


def change_version(monkeypatch, script, tmp_path):
    script(version="2.0")


def change_flags(monkeypatch, script, tmp_path):
    monkeypatch.setattr(compiler, "FLAGS", [*compiler.FLAGS, "-g"])


def change_source(monkeypatch, script, tmp_path):
    copy = shutil.copytree(SOURCES, tmp_path / "kernels")
    (copy / "lanes.h").write_text((copy / "lanes.h").read_text() + "// changed\n")
    monkeypatch.setattr(compiler, "SOURCES", copy)


def change_processor(monkeypatch, script, tmp_path):
    monkeypatch.setattr(compiler, "_processor", lambda: "flags: of another")


CHANGES = [change_version, change_flags, change_source, change_processor]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__[7:])
def test_whatever_decides_the_code_names_the_file(change, script, tmp_path, monkeypatch):
    calls = script()
    before = kernels()
    kernels.cache_clear()
    change(monkeypatch, script, tmp_path)
    assert kernels() != before
    assert len(cached(tmp_path)) == len(lines(calls)) == 2


def test_float64_has_a_file_of_its_own(script, tmp_path):
    calls = script()
    assert kernels(double=True) != kernels(double=False)
    assert ["-DDOUBLE" in line.split() for line in lines(calls)] == [True, False]
    assert len(cached(tmp_path)) == 2


def test_the_cache_is_in_the_home_directory_by_default(script, tmp_path, monkeypatch):
    script()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kernels().parent == tmp_path / ".cache" / "menan"


def test_without_a_compiler_pytorchs_operations_stand_in(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert_without(capsys, "no C++ compiler")


def test_a_compiler_of_the_path_is_found(script, monkeypatch, tmp_path):
    calls = script()
    monkeypatch.delenv("CXX")
    (tmp_path / "script").rename(tmp_path / COMPILERS[-1])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kernels() is not None
    assert len(lines(calls)) == 1


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing_behind(script, tmp_path, capsys):
    script('for last; do :; done; echo half > "$last"; printf "first\\nsecond\\n" >&2; exit 1')
    assert_without(capsys, "script failed: first)")
    assert cached(tmp_path) == []
    kernels.cache_clear()
    script("exit 1")
    assert_without(capsys, "script failed: no message")


def test_a_missing_compiler_is_reported(monkeypatch, capsys):
    monkeypatch.setenv("CXX", "/nowhere/c++")
    assert_without(capsys, "/nowhere/c++")


def test_a_cache_that_cannot_be_written_is_reported(script, tmp_path, monkeypatch, capsys):
    script()
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert_without(capsys, str(tmp_path / "file"))


def test_a_missing_home_directory_is_reported(script, monkeypatch, capsys):
    def no_entry(uid):
        raise KeyError(uid)

    script()
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", no_entry)
    assert_without(capsys, "home")


def test_a_library_that_does_not_load_is_reported(script, monkeypatch, capsys):
    def broken(path):
        raise OSError(f"{path}: file too short")

    script()
    monkeypatch.setattr(ctypes, "CDLL", broken)
    assert_without(capsys, "file too short")


def test_what_an_editor_leaves_beside_the_sources_does_no_harm(script, tmp_path, monkeypatch):
    script()
    copy = shutil.copytree(SOURCES, tmp_path / "kernels")
    (copy / ".lanes.h.swp").write_bytes(b"b0VIM\xff\x00")
    monkeypatch.setattr(compiler, "SOURCES", copy)
    assert kernels() is not None
