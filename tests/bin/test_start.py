"""What the commands import when they start: nothing heavy for --help, and only what they use."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.datadir.utterances import Utterance, write_datadir

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(path.stem for path in (ROOT / "bin").glob("menan_*.py"))
HEAVY = ("torch", "torchaudio", "sklearn", "scipy", "matplotlib", "transformers", "silero_vad")
# Runs a command, then prints which of these modules it has imported.
PROGRAM = f"""
import importlib, sys
module, *arguments = sys.argv[1:]
sys.argv[1:] = arguments
try:
    importlib.import_module(module).main()
except SystemExit as end:
    assert not end.code, end.code
print(*(name for name in {HEAVY} if name in sys.modules))
"""


def imported(command: str, *arguments: object) -> set[str]:
    """Those of HEAVY that a command imports."""
    line = [sys.executable, "-c", PROGRAM, f"menan_bin.{command}", *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture
def data(tmp_path) -> Path:
    """A data directory of four speakers with an utterance each."""
    noise = 0.1 * np.random.default_rng(0).normal(size=16000)
    utterances = []
    for speaker in "abcd":
        path = tmp_path / f"{speaker}.wav"
        soundfile.write(path, noise, 16000)
        name = f"{speaker}-1"
        utterances.append(Utterance(name, speaker, name, str(path), ("ang",), 1.0))
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command):
    assert imported(command, "--help") == set()


def test_the_console_commands_are_those_that_are_tested():
    scripts = entry_points(group="console_scripts")
    values = {one.value for one in scripts if one.value.startswith("menan_bin.")}
    assert values == {f"menan_bin.{command}:main" for command in COMMANDS}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("menan_validate", ["--read-audio", "true", "{data}"]),
        ("menan_folds", ["{data}"]),
        ("menan_score", ["--ref", "{data}/utt2emo", "--hyp", "{data}/utt2emo"]),
        ("menan_dump", ["--data", "{data}", "--out", "{data}/../dump", "--nj", "2"]),
    ],
)
def test_what_computes_nothing_with_torch_does_not_import_it(data, command, arguments):
    assert imported(command, *(text.format(data=data) for text in arguments)) == set()


def test_each_stage_imports_only_what_it_uses(data, tmp_path):
    """The resampler and the mel filters are torchaudio's; the report computes with numpy."""
    dump, exp = tmp_path / "dump", tmp_path / "exp"
    assert imported("menan_dump", "--data", data, "--out", dump) == {"torch", "torchaudio"}
    assert imported("menan_predict", tmp_path / "a.wav") == {"torch", "torchaudio"}
    feats = dump / "feats.scp"
    training = ["--feats", feats, "--exp", exp, "--epochs", 1, "--hold-out", "each"]
    assert imported("menan_train", *training) == {"torch"}
    inference = ["--model", exp / "menan_seed0", "--rule", "last", "--feats", feats]
    assert imported("menan_infer", *inference, "--out", tmp_path / "out") == {"torch"}
    report = tmp_path / "RESULTS.md"
    assert imported("menan_results", "--exp", exp, "--out", report) == {"matplotlib", "scipy"}
