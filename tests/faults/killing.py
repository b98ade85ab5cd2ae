"""Commands that are killed, as ``kill -9`` does, at chosen moments.

A server process imports the commands once; each run is a fork of it, and so begins at once.
"""

import importlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.training.checkpoint import PREVIOUS_CHECKPOINT
from tests.late_imports import late_imports

os.environ["OMP_NUM_THREADS"] = "1"  # before the server starts; forks and threads do not mix

COMMANDS = ("prepare", "dump", "train", "infer", "score", "results")
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([*(f"menan_bin.menan_{name}" for name in COMMANDS), *late_imports()])
# What a command does to files, as Python's audit hooks tell it before it is done.
_TOUCHES = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"})


@dataclass(frozen=True)
class Moment:
    """When to kill: before the ``touch``-th time that a file is touched, or after some seconds."""

    touch: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """Exit status (-9 for a killed one), seconds, how often files were touched, and the output."""

    status: int
    seconds: float
    touches: int
    output: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


def run(work: Path, argv: Sequence[str], moment: Moment | None = None) -> Outcome:
    """Run a command (``menan-train ...``) in ``work``; what it prints goes to a file beside it."""
    log, count = (work.with_name(f"{work.name}.{kind}") for kind in ("out", "touches"))
    touch = moment.touch if moment else None
    arguments = (str(work), list(argv), str(log), str(count), touch)
    process = _SERVER.Process(target=_command, args=arguments)
    process.start()
    started = time.monotonic()
    process.join(moment.seconds if moment else None)
    if process.is_alive() and moment is not None and moment.seconds is not None:
        process.kill()
    process.join()
    touches = 0 if process.exitcode == -signal.SIGKILL else int(count.read_text())
    return Outcome(process.exitcode, time.monotonic() - started, touches, log.read_text())


def snapshot(directory: Path) -> dict[str, bytes]:
    """What stands in all files below a directory, without what depends on durations."""
    files = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        # Which epoch's the previous checkpoint is depends on how long they took.
        if path.is_dir() or "/log/" in name or path.name == PREVIOUS_CHECKPOINT:
            continue
        content = path.read_bytes()
        if path.name == "log.jsonl":
            lines = [json.loads(line) for line in content.splitlines()]
            content = json.dumps([{**line, "seconds": 0} for line in lines]).encode()
        files[name] = content
    return files


def reset(work: Path, state: Path) -> None:
    """Make ``work`` what ``state`` is."""
    if work.exists():
        shutil.rmtree(work)
    shutil.copytree(state, work)


def recipe(nj: int = 1) -> list[list[str]]:
    """The commands of RECIPE, in order; the dump by so many jobs."""
    return [line.replace("NJ", str(nj)).split() for line in RECIPE.strip().splitlines()]


# Begins with a corpus in corpus/ and CONFIG in conf.yaml.
RECIPE = """
menan-prepare iemocap corpus data
menan-dump --data data --out dump --config conf.yaml --nj NJ
menan-train --feats dump/feats.scp --exp exp --config conf.yaml
menan-infer --model exp/menan_seed0 --feats dump/feats.scp --out infer --test-speakers-only true
menan-score --ref data/utt2emo --hyp infer --json score.json
menan-results --exp exp --out RESULTS.md --json results.json --html report.html
"""
CONFIG = """
features:
  seconds: 0.5
  speeds: [0.9, 1.0]
training:
  batch_size: 5
  epochs: 3
runs:
  objective: [ec, menan]
  hold_out: each
"""


def _command(work: str, argv: list[str], log: str, count: str, touch: int | None) -> None:
    os.chdir(work)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = argv
    module = importlib.import_module(f"menan_bin.{argv[0].replace('-', '_')}")
    touches = _count_touches(touch)
    try:
        module.main()
    finally:
        Path(count).write_text(str(touches()), encoding="utf-8")


def _count_touches(last: int | None):
    """Count, and at the last one die."""
    touches = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal touches
        if event in _TOUCHES:
            touches += 1
            if touches == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: touches


def make_corpus(work: Path) -> None:
    """What the recipe begins with: generated speech of two sessions, 16 utterances in each."""
    synthesize_iemocap(work / "corpus", 0, 2, 2, Lengths(0.5, 0.7))
    (work / "conf.yaml").write_text(CONFIG, encoding="utf-8")
