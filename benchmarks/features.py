"""Cost of a feature dump compared with the bare calls of its two libraries.

The bare calls are torchaudio's fbank and kaldi-native-fbank's pitch on samples in memory. A dump is
the whole command as a process; its start-up time is that of the same command on two utterances.
"""

import math
import os
import shlex
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import kaldi_native_fbank as knf
import torch
import torchaudio.compliance.kaldi
import typer

from benchmarks.kaldi_rival import against_kaldi, check_binaries
from benchmarks.load import run
from benchmarks.machine import describe
from menan.corpora.iemocap import prepare
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.datadir.metadata import corpus_name, read_metadata
from menan.datadir.tables import read_table, write_table
from menan.datadir.utterances import write_datadir
from menan.features.dump.speed_copies import speed_copies
from menan.features.waveform import SAMPLE_RATE, centre_crop, speed_copy, to_16_khz
from menan.front_ends import KaldiFrontEnd
from menan_bin.command import main_of, new_app

FIVE = (0.8, 0.9, 1.0, 1.1, 1.2)
# Lengths of generated utterances; the mean is that of IEMOCAP.
LENGTHS, MEAN_SECONDS = Lengths(1.0, 8.0), 4.5

app = new_app()


@app.command()
def features(
    data: Annotated[
        Path | None, typer.Option(help="Data directory to dump; generated speech by default.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.5, help="Minutes of speech to generate.")] = 30.0,
    repeats: Annotated[
        int, typer.Option(min=1, help="Repeats of every measurement, interleaved.")
    ] = 3,
    kaldi: Annotated[
        Path | None,
        typer.Option(help="Folder with Kaldi's two binaries, to be timed on the same samples."),
    ] = None,
) -> None:
    """Time menan-dump, and print its costs and their targets as a markdown table.

    Example: python -m benchmarks.features --data egs/ravdess/data/ravdess
    """
    if kaldi:
        check_binaries(kaldi)
    where = describe()
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # for the commands
    with tempfile.TemporaryDirectory(prefix="features-") as folder:
        work = Path(folder)
        if data is None:
            data = generate(work, minutes)
        rounds = [one_round(data, work) for _ in range(repeats)]
        rival = list(against_kaldi(data, kaldi, work, repeats)) if kaldi else []
        print(f"# Feature dump: {corpus_name(data)}, {rounds[0]['minutes']:.1f} min\n")
    print(where)
    print(f"Medians of {repeats} interleaved repeats, ranges in brackets; one thread per process.")
    print(f"Command: `{shlex.join(['python', '-m', 'benchmarks.features', *sys.argv[1:]])}`:\n")
    print("\n".join([*table(rounds), *rival]))


def generate(work: Path, minutes: float) -> Path:
    """Make a data directory of generated speech with up to ten speakers."""
    sessions = min(5, math.ceil(minutes))
    per_emotion = max(1, round(minutes * 60 / MEAN_SECONDS / (2 * sessions * 4)))
    synthesize_iemocap(work / "corpus", 0, sessions, per_emotion, LENGTHS)
    found = prepare(work / "corpus")
    write_datadir(found.utterances, work / "data", found.corpus)
    return work / "data"


def one_round(data: Path, work: Path) -> Counter[str]:
    """Make every measurement once: seconds by name, and the minutes of speech."""
    two = first_utterances(data, work / "two", 2)
    seconds = bare_calls(data)
    seconds["dump one"] = dump(data, work, (1.0,), nj=1)
    seconds["dump five"] = dump(data, work, FIVE, nj=1)
    seconds["dump five nj2"] = dump(data, work, FIVE, nj=2)
    seconds["start"] = dump(two, work, (1.0,), nj=1)
    seconds["start nj2"] = dump(two, work, (1.0,), nj=2)
    return seconds


def bare_calls(data: Path) -> Counter[str]:
    """Seconds of reading, resampling, fbank and pitch, for all copies and for those at speed 1."""
    config = KaldiFrontEnd()
    # 16 kHz and a frame every 10 ms are the defaults of both libraries.
    pitch = knf.PitchExtractionOptions(frame_length_ms=config.frame_length_ms)
    process = knf.ProcessPitchOptions(
        add_raw_log_pitch=True, add_normalized_log_pitch=False, add_delta_pitch=False
    )
    seconds: Counter[str] = Counter()
    for utterance in speed_copies(data, read_metadata(data), config.speeds).values():
        with clock(seconds, "reading"):
            samples, rate = utterance.source.read()
        with clock(seconds, "resampling"):
            samples = to_16_khz(samples, rate)
        seconds["minutes"] += len(samples) / SAMPLE_RATE / 60
        for speed in FIVE:
            with clock(seconds, "resampling"):
                heard = centre_crop(speed_copy(samples, speed), config.seconds)
            with clock(calls := Counter(), "log-mel"):
                torchaudio.compliance.kaldi.fbank(
                    torch.from_numpy(heard)[None],
                    frame_length=config.frame_length_ms,
                    num_mel_bins=config.num_mel_bins,
                    use_energy=True,
                )
            with clock(calls, "pitch"):
                knf.compute_and_process_kaldi_pitch(pitch, process, heard)
            seconds += calls
            seconds["bare five"] += calls.total()
            seconds["bare one"] += calls.total() if speed == 1.0 else 0.0
    return seconds


@contextmanager
def clock(seconds: Counter[str], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] += time.perf_counter() - start


def dump(data: Path, work: Path, speeds: tuple[float, ...], nj: int) -> float:
    """Wall-clock seconds of one menan-dump."""
    with tempfile.TemporaryDirectory(dir=work) as out:
        options = [f"--speeds={','.join(map(str, speeds))}", f"--nj={nj}"]
        return run("dump", [f"--data={data}", f"--out={out}", *options], work).seconds


def first_utterances(data: Path, out: Path, count: int) -> Path:
    """Write a data directory with the first utterances of another."""
    for name in ("wav.scp", "segments", "utt2spk", "utt2emo"):
        if (data / name).exists():
            lines = read_table(data / name)
            wanted = sorted(lines)[:count] if name.startswith("utt2") else lines
            write_table(out / name, {key: lines[key] for key in wanted})
    return out


def table(rounds: list[Counter[str]]) -> Iterator[str]:
    """Lines with the costs and their targets, and the parts of a dump with five speeds."""

    def median(name: str) -> float:
        return statistics.median(r[name] for r in rounds)

    for r in rounds:
        r["work one"], r["work five"] = r["dump one"] - r["start"], r["dump five"] - r["start"]
        r["work five nj2"] = r["dump five nj2"] - r["start nj2"]
    lines = (
        ("one speed, without start-up, over the bare calls", "work one", "bare one", "≤ 1.25"),
        ("five speeds, without start-up, over the bare calls", "work five", "bare five", "≤ 1.25"),
        ("five speeds over one, without start-up", "work five", "work one", "≤ 5.2"),
        ("--nj 1 over --nj 2, five speeds, whole commands", "dump five", "dump five nj2", "≥ 1.8"),
        ("the same without start-up", "work five", "work five nj2", ""),
        ("start-up, --nj 2 over --nj 1", "start nj2", "start", ""),
    )
    yield "| | seconds | over seconds | ratio | target |\n| :-- | --: | --: | --: | --: |"
    for what, cost, over, target in lines:
        seconds = f"{median(cost):.2f} | {median(over):.2f}"
        ratios = [r[cost] / r[over] for r in rounds]
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        yield f"| {what} | {seconds} | {ratio} | {target} |"
    parts = ("reading", "resampling", "log-mel", "pitch")
    shares = ", ".join(f"{part} {100 * median(part) / median('work five'):.0f} %" for part in parts)
    yield f"\nParts of a dump of five speeds, without start-up: {shares}."


main = main_of(app, "benchmarks.features")

if __name__ == "__main__":
    main()
