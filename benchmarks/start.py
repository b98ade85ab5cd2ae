"""Time from the start of a command to its end, where it computes little or nothing.

Each command runs as a process of its own, from files that the system has in memory. Beside it
stands its floor: Python with the one package that it cannot do without. Other programs lengthen the
time by the clock more than the CPU time; on an idle machine the two are about equal.
"""

import resource
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
    """A command line, the floor that it stands on, and the seconds that it should take at most."""

    words: list[str]
    floor: str
    most: float | None = None


@dataclass(frozen=True)
class Seconds:
    """Time of one run by the clock, and CPU time of all its threads."""

    wall: float
    cpu: float


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
    print("Seconds. The floor is Python that only imports the package named.\n")
    print("| command | by the clock | CPU | floor | CPU | more CPU | target |")
    print("| :-- | --: | --: | :-- | --: | --: | --: |")
    cpu = {name: statistics.median(run.cpu for run in runs) for name, runs in seconds.items()}
    for name, code in FLOORS.items():
        print(f"| `python -c '{code}'` | {by_the_clock(seconds[name])} | {cpu[name]:.2f} | | | | |")
    for name, one in starts.items():
        more = cpu[name] - cpu[one.floor]
        row = [name, by_the_clock(seconds[name]), f"{cpu[name]:.2f}"]
        row += [one.floor, f"{cpu[one.floor]:.2f}", f"{more:.2f}"]
        print(f"| {' | '.join(row)} | {'' if one.most is None else f'≤ {one.most:g}'} |")


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
        f"menan-score, {UTTERANCES} utterances": Start(score, "typer"),
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


def timed(lines: dict[str, list[str]], rounds: int) -> dict[str, list[Seconds]]:
    """The runs of each command, by name; one more, the first, is not counted.

    Raises:
        InputError: a command fails.
    """
    runs: dict[str, list[Seconds]] = {name: [] for name in lines}
    for number in range(rounds + 1):
        for name, words in lines.items():
            begin, used = time.perf_counter(), cpu_of_children()
            done = subprocess.run(words, capture_output=True, text=True)
            run = Seconds(time.perf_counter() - begin, cpu_of_children() - used)
            if done.returncode != 0:
                raise InputError(f"{name}: {done.stderr.strip()[-500:]}")
            if number:
                runs[name].append(run)
    return runs


def cpu_of_children() -> float:
    """CPU seconds of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def by_the_clock(runs: list[Seconds]) -> str:
    """Median, and range in brackets."""
    walls = [run.wall for run in runs]
    return f"{statistics.median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f})"


main = main_of(app, "benchmarks.start")

if __name__ == "__main__":
    main()
