"""Time from the start of a command to its end, where it computes little or nothing.

Each command runs as a process of its own, from files that the system has in memory. Beside it
stands its floor: Python with the one package that it cannot do without.
"""

import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.machine import describe
from menan.corpora.synthetic.release import write_wav
from menan.corpora.synthetic.voice import draw_speaker, synthesize
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS
from menan_bin.command import main_of, new_app

UTTERANCES = 100  # in the table that is scored
FLOORS = {"python": "pass", "typer": "import typer", "torch": "import torch"}

app = new_app()


@dataclass(frozen=True)
class Start:
    """A command line, the floor that it stands on, and the seconds that it may take at most."""

    words: list[str]
    floor: str
    most: float


@app.command()
def start(
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each command, interleaved.")] = 10,
) -> None:
    """Time the start of every command, and print a markdown table.

    Example: python -m benchmarks.start > benchmarks/start.md
    """
    where = describe()
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        floors = {name: [sys.executable, "-c", code] for name, code in FLOORS.items()}
        starts = commands(Path(folder))
        lines = floors | {name: one.words for name, one in starts.items()}
        seconds = timed(lines, rounds)
    print(f"# Start of the commands\n\n{where}. Command:")
    print(f"`{shlex.join(['python', '-m', 'benchmarks.start', *sys.argv[1:]])}`.\n")
    print(
        f"Medians of {rounds} interleaved runs, after one that is not counted; ranges in brackets."
    )
    print("The floor is a Python that only imports the package named.\n")
    print("| command | seconds | floor | seconds | more | at most |")
    print("| :-- | --: | :-- | --: | --: | --: |")
    for name in FLOORS:
        print(f"| {FLOORS[name]} | {shown(seconds[name])} | | | | |")
    for name, one in starts.items():
        median, floor = statistics.median(seconds[name]), statistics.median(seconds[one.floor])
        row = [name, shown(seconds[name]), one.floor, f"{floor:.2f}", f"{median - floor:.2f}"]
        print(f"| {' | '.join(row)} | {one.most:g} |")


def commands(work: Path) -> dict[str, Start]:
    """``--help`` of every command, a small table to score, and one file to predict."""
    scripts = {
        one.name: Path(sys.executable).with_name(one.name)
        for one in sorted(entry_points(group="console_scripts"), key=lambda one: one.name)
        if one.value.startswith("menan_bin.")
    }
    found = {
        f"{name} --help": Start([str(scripts[name]), "--help"], "typer", 0.3) for name in scripts
    }
    ref, hyp = table(work / "ref", lambda n: n % 4), table(work / "hyp", lambda n: n * n % 4)
    score = [str(scripts["menan-score"]), f"--ref={ref}", f"--hyp={hyp}"]
    rng = np.random.default_rng(0)
    write_wav(work / "a.wav", synthesize(draw_speaker("f", rng), "neu", rng, 3.0))
    predict = [str(scripts["menan-predict"]), str(work / "a.wav")]
    return found | {
        f"menan-score, {UTTERANCES} utterances": Start(score, "typer", 0.5),
        "menan-predict, one file": Start(predict, "torch", 2.0),
    }


def table(folder: Path, emotion: Callable[[int], int]) -> Path:
    """A table utt2emo of ten speakers, with the labels beside it."""
    folder.mkdir()
    utts = {f"spk{n % 10}-{n:03d}": IEMOCAP_EMOTIONS.names[emotion(n)] for n in range(UTTERANCES)}
    write_table(folder / "utt2emo", utts)
    write_table(folder / "utt2spk", {utt: utt.split("-")[0] for utt in utts})
    (folder / "emotions").write_text("".join(f"{name}\n" for name in IEMOCAP_EMOTIONS))
    return folder / "utt2emo"


def timed(lines: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, by name; one round more is not counted.

    Raises:
        InputError: a command fails.
    """
    seconds: dict[str, list[float]] = {name: [] for name in lines}
    for number in range(rounds + 1):
        for name, words in lines.items():
            begin = time.perf_counter()
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode != 0:
                raise InputError(f"{name}: {done.stderr.strip()[-500:]}")
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


def shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


main = main_of(app, "benchmarks.start")

if __name__ == "__main__":
    main()
