"""menan-dump against Kaldi's own two binaries: whole commands on one core, on the same samples.

The binaries are ``compute-fbank-feats`` and ``compute-kaldi-pitch-feats``, built elsewhere.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kaldiio
import numpy as np
import soundfile

from benchmarks.load import run
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features.dump.sources import read_sources
from menan.features.waveform import SAMPLE_RATE, to_16_khz
from menan.front_ends import KaldiFrontEnd

FRAMES = ("--frame-length=40", "--frame-shift=10")
FBANK = (*("--use-energy=true", "--energy-floor=0", "--dither=0", "--num-mel-bins=40"), *FRAMES)
COMMANDS = {"compute-fbank-feats": FBANK, "compute-kaldi-pitch-feats": FRAMES}
LAG_STEP = 1.005  # between two lags of the pitch tracker


def against_kaldi(data: Path, binaries: Path, work: Path, repeats: int) -> Iterator[str]:
    """Lines of a markdown table, and how well the features agree.

    Args:
        data: data directory; its utterances are written anew as 16-bit files of 16 kHz.
        binaries: folder with Kaldi's binaries.

    Raises:
        InputError: a binary fails.
    """
    plain, seconds = _plain_files(data, work / "plain")
    times: dict[str, list[float]] = {name: [] for name in (*COMMANDS, "menan-dump")}
    with _one_core():
        for repeat in range(repeats):
            for name, options in COMMANDS.items():
                times[name].append(_seconds(binaries / name, options, plain, work / name))
            dump = work / f"dump{repeat}"
            times["menan-dump"].append(
                run("dump", [f"--data={plain}", f"--out={dump}"], work).seconds
            )
    each = {name: statistics.median(values) for name, values in times.items()}
    both = [sum(pair) for pair in zip(*(times[name] for name in COMMANDS), strict=True)]
    ratios = [mine / theirs for mine, theirs in zip(times["menan-dump"], both, strict=True)]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
    yield f"\n| {seconds / 60:.1f} min, one core, whole commands | seconds | must | aim |"
    yield "| :-- | --: | --: | --: |"
    for name, value in each.items():
        yield f"| `{name}` | {value:.2f} | | |"
    yield f"| menan-dump over both of Kaldi's | {spread} | ≤ 1.1 | 0.7 |\n"
    yield from _agreement(dump, work)


def check_binaries(folder: Path) -> None:
    """Raise :class:`InputError` if one of Kaldi's binaries is missing."""
    for name in COMMANDS:
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: not found; build it, or leave --kaldi out")


def _plain_files(data: Path, out: Path) -> tuple[Path, float]:
    """A data directory with 16-bit files of 16 kHz, and their seconds of speech."""
    (out / "wav").mkdir(parents=True)
    metadata, files, samples_in_all = read_metadata(data), {}, 0
    for utt, source in read_sources(data, metadata.utt2spk).items():
        samples = to_16_khz(*source.read())
        files[utt] = str(out / "wav" / f"{utt}.wav")
        soundfile.write(files[utt], samples.clip(-32768, 32767).astype(np.int16), SAMPLE_RATE)
        samples_in_all += len(samples)
    write_table(out / "wav.scp", files)
    for name in ("utt2spk", "utt2emo"):
        write_table(out / name, read_table(data / name))
    return out, samples_in_all / SAMPLE_RATE


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process and the commands that it starts on one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _seconds(binary: Path, options: tuple[str, ...], data: Path, out: Path) -> float:
    command = [str(binary), *options, f"scp:{data}/wav.scp", f"ark,scp:{out}.ark,{out}.scp"]
    began = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    )
    if done.returncode != 0:
        raise InputError(f"{binary.name}: {done.stderr.strip().splitlines()[-1]}")
    return time.perf_counter() - began


def _agreement(dump: Path, work: Path) -> Iterator[str]:
    """How far the features of both lie apart, over all utterances."""
    ours = kaldiio.load_scp(str(dump / "feats.scp"))
    fbank, pitch = (kaldiio.load_scp(str(work / f"{name}.scp")) for name in COMMANDS)
    bins, farthest, steps = KaldiFrontEnd().num_mel_bins, 0.0, []
    for utt, mine in ours.items():
        theirs = np.concatenate([fbank[utt][:, 1:], fbank[utt][:, :1]], axis=1)
        farthest = max(farthest, float(np.abs(np.delete(mine, [bins, bins + 1], 1) - theirs).max()))
        lags = np.log(mine[:, bins + 1] / pitch[utt][: len(mine), 1]) / np.log(LAG_STEP)
        steps.append(np.abs(lags))
    apart = np.concatenate(steps)
    yield (
        f"{len(ours)} utterances, {len(apart)} frames: log-mel and energy differ by at most "
        f"{farthest:.4f} nats; f0 is that of Kaldi in {100 * (apart < 0.5).mean():.2f} % of the "
        f"frames, and within one step of the tracker's grid in {100 * (apart < 1.5).mean():.2f} %."
    )
