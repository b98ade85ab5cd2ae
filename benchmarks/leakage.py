"""Probes and attacks of many systems of one dump: one by one, and in one command.

    python -m benchmarks.leakage [--systems 60] [--before COMMIT] > benchmarks/leakage.md

The speech is generated, and the networks are trained for one epoch: what they have learned does
not matter for the time. One by one is measured on some of the systems, by an earlier commit, which
started one process for each as a recipe did. The first system also pays for what is kept on the
disk for the others. The files of both ways are compared.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
import yaml

from benchmarks.machine import describe
from menan_bin.command import main_of, new_app

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "9efb1f0"  # the last commit that probed and attacked every system by itself
OBJECTIVES, SEEDS = ("mtl", "dat", "menan"), (0, 1)
LEARNT = {"features": {"seconds": 2}, "training": {"epochs": 1, "lr": 0.002}}

app = new_app()


@dataclass(frozen=True)
class Cost:
    """Seconds of a command, by the clock and of processors."""

    wall: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __mul__(self, times: float) -> "Cost":
        return Cost(self.wall * times, self.cpu * times)


@app.command()
def leakage(
    systems: Annotated[
        int, typer.Option(min=6, help="Systems to probe and attack; a multiple of 6.")
    ] = 60,
    sample: Annotated[
        int, typer.Option(min=2, help="Systems of these that are measured one by one.")
    ] = 4,
    sessions: Annotated[int, typer.Option(help="Sessions of two speakers.")] = 9,
    utts: Annotated[int, typer.Option(help="Utterances per speaker and emotion.")] = 6,
    before: Annotated[str, typer.Option(help="Commit of the one by one.")] = BEFORE,
    work: Annotated[
        Path | None, typer.Option(help="Folder for all files; by default it is removed at the end.")
    ] = None,
) -> None:
    """Print the seconds of both ways as Markdown."""
    machine = describe()
    with tempfile.TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        names = _train(folder, systems, sessions, utts)
        earlier = _checked_out(before, folder / "before")
        rows = []
        for command in ("probe", "attack"):
            chosen = [names[number * systems // sample] for number in range(sample)]
            one_by_one = [_run(_command(command, folder, "one", [n]), earlier) for n in chosen]
            others = sum(one_by_one[2:], one_by_one[1]) * (1 / (sample - 1))
            expected = one_by_one[0] + others * (systems - 1)
            at_once = _run(_command(command, folder, "many", names))
            equal = all(
                _figures(folder, command, "one", name) == _figures(folder, command, "many", name)
                for name in chosen
            )
            rows.append((command, one_by_one[0], others, expected, at_once, equal))
        utterances = len((folder / "dump/feats.scp").read_text(encoding="utf-8").splitlines())
    call = f"--systems {systems} --sample {sample} --sessions {sessions} --utts {utts}"
    print(
        f"# Probes and attacks of {systems} systems of one dump\n\n{machine}. By\n"
        f"`python -m benchmarks.leakage {call}`.\n\n"
        f"Generated speech: {utterances} utterances by {2 * sessions} speakers, six of them held "
        "out; networks of Table 1 after one epoch; attacks beside a rival; one thread. One by one: "
        f"menan {before}, one process for each system; {sample} systems are measured, and the "
        "first, which also leaves the probes of the input on the disk, counts once. At once: this "
        "version with `--each`, one process.\n\n"
        "| | first system | another | one by one, all | at once | ratio | CPU time, ratio "
        "| figures |\n| :-- | --: | --: | --: | --: | --: | --: | :-- |"
    )
    total = Cost(0, 0), Cost(0, 0)
    for command, first, others, expected, at_once, equal in rows:
        total = total[0] + expected, total[1] + at_once
        single = f"{first.wall:.1f} s | {others.wall:.1f} s"
        _print_row(f"`menan-{command}`", single, expected, at_once, "equal" if equal else "OTHER")
    _print_row("both", " | ", *total, "")


def _print_row(name: str, single: str, one_by_one: Cost, at_once: Cost, figures: str) -> None:
    print(
        f"| {name} | {single} | {one_by_one.wall:.0f} s | {at_once.wall:.0f} s "
        f"| {one_by_one.wall / at_once.wall:.1f} | {one_by_one.cpu / at_once.cpu:.1f} "
        f"| {figures} |"
    )


def _train(folder: Path, systems: int, sessions: int, utts: int) -> list[str]:
    """Generate speech, train all systems and the rival, and infer; the names of the systems."""
    weights = [round(0.05 * (n + 1), 2) for n in range(systems // 6)]
    objectives = [{"name": name, "lambda": one} for name in OBJECTIVES for one in weights]
    config = LEARNT | {"runs": {"objective": ["ec", *objectives], "seed": list(SEEDS)}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    corpus, data, dump, exp = (folder / name for name in ("corpus", "data", "dump", "exp"))
    speech = ("--sessions", str(sessions), "--utts-per-emotion", str(utts))
    lengths = ("--min-seconds", "1", "--max-seconds", "2")
    settings = ("--config", str(folder / "config.yaml"))
    feats = str(dump / "feats.scp")
    inferred = ("--out", str(folder / "infer"), "--noise-seed", "0")
    for name, *arguments in (
        ("synthesize", "iemocap", str(corpus), *speech, *lengths),
        ("prepare", "iemocap", str(corpus), str(data)),
        ("folds", str(data), "--group-size", "6"),
        ("dump", "--data", str(data), "--out", str(dump), *settings, "--speeds", "1.0"),
        ("train", "--feats", feats, "--exp", str(exp), *settings, "--hold-out", "g01"),
        ("infer", "--model", str(exp), "--rule", "last", "--feats", feats, *inferred),
    ):
        _run([f"menan_bin.menan_{name}", *arguments])
    found = sorted(path.name for path in (folder / "infer").iterdir())
    return [name for name in found if not name.startswith("ec_")]


def _command(command: str, folder: Path, out: str, names: list[str]) -> list[str]:
    feats, into = str(folder / "dump/feats.scp"), str(folder / out / command / "{}.json")
    words = {
        "probe": ["--embeddings", str(folder / "infer/{}")],
        "attack": ["--model", str(folder / "exp/{}"), "--rival", str(folder / "exp/ec")],
    }[command]
    words = [f"menan_bin.menan_{command}", *words, "--feats", feats, "--out", into]
    if len(names) == 1:
        return [word.replace("{}", names[0]) for word in words]
    return [*words, "--each", ",".join(names)]


def _checked_out(commit: str, folder: Path) -> Path:
    """The package at a commit, in a folder for PYTHONPATH."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "menan", "bin"],
        capture_output=True,
        check=True,
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    if not (folder / "menan_bin").exists():
        (folder / "menan_bin").symlink_to("bin")
    return folder


def _run(words: list[str], code: Path | None = None) -> Cost:
    """Run a command on one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if code is not None:
        environment["PYTHONPATH"] = str(code)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env=environment,
        cwd=code or ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _figures(folder: Path, command: str, out: str, name: str) -> dict[str, object]:
    """The content of a result without the digest of what it was made from."""
    path = folder / out / command / f"{name}.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    found.pop("made_from")
    return found


main = main_of(app, "benchmarks.leakage")

if __name__ == "__main__":
    main()
