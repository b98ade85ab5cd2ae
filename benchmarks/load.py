"""Time and peak memory of every command on a large corpus.

Each command runs as a process, on a tenth of the utterances and on all of them. If its memory does
not grow with the corpus, both peaks are similar except for the frame store, which holds all frames
that a training reads and whose size is known in advance. Linux only.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer

from benchmarks.machine import describe
from menan.datadir.dump_directory import Dump, open_dump
from menan.datadir.metadata import corpus_name
from menan.errors import InputError
from menan.features.store import frame_bytes, load_frames
from menan_bin.command import main_of, new_app

SESSIONS, EMOTIONS = 5, 4
LEAST = 10 * 2 * SESSIONS * EMOTIONS  # a tenth has one utterance of each speaker and emotion
SECONDS = (0.5, 1.0)  # shortest and longest utterance; the network's input is as the longest

# Python runs this in every process of a command: it writes the peak memory in kB at exit. The
# kernel's own figure of an ended process is 120 MB higher, from unloading PyTorch's libraries.
NOTE_PEAK = r"""
import atexit, os, pathlib, re

def note():
    peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
    pathlib.Path(__file__).with_name(f"{os.getpid()}.peak").write_text(peak)

atexit.register(note)
"""

app = new_app()


@dataclass(frozen=True)
class Cost:
    """Cost of a command: seconds, and peak memory of its largest process in bytes."""

    seconds: float
    peak: int


@app.command()
def load(
    utterances: Annotated[
        int,
        typer.Option(min=LEAST, help=f"Utterances to generate; rounded to a multiple of {LEAST}."),
    ] = 20_000,
    work: Annotated[
        Path | None, typer.Option(help="New working directory; a temporary one by default.")
    ] = None,
) -> None:
    """Run the commands on a generated corpus, and print their costs as a markdown table.

    Example: python -m benchmarks.load --utterances 20000 > benchmarks/load.md
    """
    where = describe()
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        root = work or Path(folder)
        tenth, whole = (
            take_through(root / name, round(count / LEAST * 10))
            for name, count in (("tenth", utterances / 10), ("whole", utterances))
        )
        dumps = [open_dump(root / name / "dump/feats.scp") for name in ("tenth", "whole")]
        title = f"# Load: {corpus_name(root / 'whole/data')}, {len(dumps[1].scp)} utterances of"
        print(f"{title} {SECONDS[0]:g} to {SECONDS[1]:g} s\n")
        command = shlex.join(["python", "-m", "benchmarks.load", *sys.argv[1:]])
        print(f"{where}. Command:\n`{command}`.\n")
        print_costs(tenth, whole, dumps)
        print_store(dumps[1])


def take_through(work: Path, per_emotion: int) -> dict[str, Cost]:
    """Generate a corpus and run every command on it; returns the costs by command."""
    work.mkdir(parents=True)
    conf = work / "conf.yaml"
    conf.write_text(f"features: {{seconds: {SECONDS[1]}}}\ntraining: {{epochs: 1}}\n")
    corpus, data, dump, exp = (work / name for name in ("corpus", "data", "dump", "exp"))
    shape = [f"--sessions={SESSIONS}", f"--utts-per-emotion={per_emotion}"]
    shape += [f"--min-seconds={SECONDS[0]}", f"--max-seconds={SECONDS[1]}"]
    feats, model = f"--feats={dump}/feats.scp", f"--model={exp}/menan_seed0"
    commands = {
        "synthesize": ["iemocap", corpus, *shape],
        "prepare": ["iemocap", corpus, data],
        "validate": ["--read-audio=true", data],
        "dump": [f"--data={data}", f"--out={dump}", f"--config={conf}", "--nj=2"],
        "validate a dump": [dump],
        "train": [feats, f"--exp={exp}", f"--config={conf}", "--hold-out=Ses01"],
        "infer": [model + "/Ses01/Ses01F.last.safetensors", feats, f"--out={work}/out"],
        "score": [f"--ref={data}/utt2emo", f"--hyp={work}/out"],
    }
    return {name: run(name, arguments, work) for name, arguments in commands.items()}


def run(name: str, arguments: list[str | Path], work: Path) -> Cost:
    """Run a command to its end.

    Raises:
        InputError: it failed.
    """
    command = [sys.executable, "-m", f"menan_bin.menan_{name.split()[0]}", *map(str, arguments)]
    with tempfile.TemporaryDirectory(dir=work) as folder:
        Path(folder, "sitecustomize.py").write_text(NOTE_PEAK)
        start = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": folder}
        )
        seconds = time.perf_counter() - start
        peaks = [int(path.read_text()) for path in Path(folder).glob("*.peak")]
    if done.returncode != 0:
        raise InputError(f"{name}: {done.stderr.strip() or done.stdout.strip()}")
    return Cost(seconds, 1024 * max(peaks))


def print_costs(tenth: dict[str, Cost], whole: dict[str, Cost], dumps: list[Dump]) -> None:
    """Print seconds, both peaks, and how much of their difference is not frames."""
    counts = [len(dump.scp) for dump in dumps]
    frames = frame_bytes(dumps[1], dumps[1].scp) - frame_bytes(dumps[0], dumps[0].scp)
    print(f"| stage | seconds | peak, {counts[0]} | peak, {counts[1]} | more | not frames |")
    print("| :-- | --: | --: | --: | --: | --: |")
    besides = []
    for name, cost in whole.items():
        more = cost.peak - tenth[name].peak
        besides.append(more - frames if name == "train" else more)
        row = [name, f"{cost.seconds:.3f}"]
        sizes = (tenth[name].peak, cost.peak, more, besides[-1])
        row += [f"{size / 1e6:.0f} MB" for size in sizes]
        print("| " + " | ".join(row) + " |")
    most = max(besides) / (counts[1] - counts[0]) / 1e3
    print(
        "\nPeak: memory of the largest process. Not frames: memory outside the frame store, at "
        f"most {most:.1f} kB per utterance: names, labels and outputs."
    )


def print_store(dump: Dump) -> None:
    """Print the size of the frame store, predicted from the tables of the dump and measured."""
    utts = list(dump.scp)
    load_frames(dump, utts[:1], "cpu")  # memory of the first use
    before = psutil.Process().memory_info().rss
    store = load_frames(dump, utts, "cpu")
    grown = psutil.Process().memory_info().rss - before
    print(
        f"\nFrame store of all utterances: {frame_bytes(dump, utts) / 1e6:.1f} MB predicted, "
        f"{store.frames.nbytes / 1e6:.1f} MB of frames made, {grown / 1e6:.1f} MB more resident."
    )


main = main_of(app, "benchmarks.load")

if __name__ == "__main__":
    main()
