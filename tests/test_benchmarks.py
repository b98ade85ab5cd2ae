"""The benchmarks run, on little; what they measure is for a quiet machine."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(name, *options):
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_features_are_timed_beside_their_targets():
    done = run("features", "--minutes", "0.5", "--repeats", "1")
    assert done.returncode == 0, done.stderr
    title, _, machine, *_ = done.stdout.splitlines()
    assert re.fullmatch(r"# Feature dump: .* generated speech, seed 0, [\d.]+ min", title)
    assert "torch 2." in machine
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert [row.split("|")[5].strip() for row in rows] == [
        *("≤ 1.25", "≤ 1.25", "≤ 5.2", "≥ 1.8", "", ""),
    ]
    for row in rows:
        assert re.search(r"\| [-\d.]+ \| [-\d.]+ \| [-\d.]+ \([-\d.]+–[-\d.]+\) \|", row), row


def test_features_of_no_data_directory_are_one_line():
    done = run("features", "--data", "/nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("benchmarks.features: error: /nowhere/utt2spk: cannot be read")
    assert done.stderr.count("\n") == 1


def test_load_sets_peak_memory_beside_what_the_frames_take():
    done = run("load", "--utterances", "400")
    assert done.returncode == 0, done.stderr
    assert re.match(r"# Load: .* generated speech, seed 0, 400 utterances", done.stdout)
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows[2:]] == [
        *("synthesize", "prepare", "validate", "dump", "validate a dump"),
        *("train", "infer", "score"),
    ]
    for _, seconds, *sizes in rows[2:]:
        assert float(seconds) > 0
        assert all(re.fullmatch(r"-?\d+ MB", size.strip()) for size in sizes)
    predicted, made = re.search(
        r"([\d.]+) MB predicted, ([\d.]+) MB of frames", done.stdout
    ).groups()
    assert predicted == made


def test_training_is_timed_beside_its_targets():
    done = run("train", "--rounds", "1", "--models", "1,2", "--utterances", "40")
    assert done.returncode == 0, done.stderr
    assert "frames of noise" in done.stdout
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "|" in line]
    assert {"plain loop", "1", "2", "CPU, M = 1"} <= set(rows)
    assert done.stdout.count("no GPU was at hand") == 3


def test_training_without_one_model_is_one_line():
    done = run("train", "--models", "0")
    assert done.returncode == 1
    assert done.stderr == "benchmarks.train: error: --models 0: numbers from 1, with 1 among them\n"
