"""Cost of a dump by a frozen encoder compared with bare calls of ``transformers``.

The bare calls are feature extractor and encoder on samples in memory, one utterance at a time, with
the same padding and the same number of threads: one. The dump beside them is all that a job of
menan-dump does after it has loaded the encoder: reading and resampling audio, statistics, archives
and tables. Whole commands are timed with one job and with two; how much faster two can be on this
machine is the time of the bare calls in two processes at once.
"""

import itertools
import multiprocessing
import os
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from benchmarks.features import first_utterances
from benchmarks.load import run
from benchmarks.machine import describe
from menan.datadir.metadata import corpus_name, read_metadata
from menan.device import one_thread
from menan.features.dump import jobs
from menan.features.dump.jobs import DumpOptions, write_shard
from menan.features.dump.shards import make_shards
from menan.features.dump.speed_copies import SpeedCopy
from menan.features.pretrained import FULL_SCALE, PretrainedExtractor
from menan.features.waveform import centre_crop, to_16_khz
from menan.files.lock import Holder, only_writer
from menan.pretrained_front_end import PretrainedFrontEnd
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def pretrained(
    data: Annotated[Path, typer.Option(help="Data directory.")],
    encoder: Annotated[str, typer.Option(help="Folder or hub name of the encoder.")],
    utterances: Annotated[
        int, typer.Option(min=1, help="Utterances beside bare calls, from the first.")
    ] = 100,
    commands: Annotated[int, typer.Option(min=2, help="Utterances of the whole commands.")] = 300,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats, interleaved.")] = 3,
) -> None:
    """Time a dump and bare calls of the library, and print their ratio as a markdown table.

    Example: python -m benchmarks.pretrained --data data/ravdess --encoder openai/whisper-base
    """
    where = describe()
    os.environ["OMP_NUM_THREADS"] = "1"  # of the commands
    extractor = PretrainedExtractor(PretrainedFrontEnd(pretrained=encoder))
    jobs.make_extractor = lambda settings, device: extractor
    options = DumpOptions(data, Path(), extractor.settings)
    copies = dict(itertools.islice(options.copies(read_metadata(data)).items(), utterances))
    samples = _samples(extractor, copies)
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        few = first_utterances(data, work / "two", 2)
        many = first_utterances(data, work / "many", commands)
        for repeat in range(repeats + 1):
            took = {"bare calls": _bare(extractor, samples)}
            out = work / str(repeat)
            with only_writer(out):
                (shard,) = make_shards(out, copies, 1)
                began = time.perf_counter()
                write_shard(options, shard, len(copies), Holder(out))
                took["dump"] = time.perf_counter() - began
            if repeat == 0:  # it warms up
                continue
            took["one process"] = _at_once(encoder, samples, 1)
            took["two processes"] = _at_once(encoder, samples, 2)
            for nj in (1, 2):
                took[f"start-up, --nj {nj}"] = _command(few, encoder, nj, work)
                took[f"whole command, --nj {nj}"] = _command(many, encoder, nj, work)
            for name, value in took.items():
                times.setdefault(name, []).append(value)
    median = {name: statistics.median(values) for name, values in times.items()}
    hours = sum(map(len, samples)) / 16000 / 3600
    print(f"# Dump of a pretrained encoder: {corpus_name(data)}, {len(samples)} utterances\n")
    print(f"{where}; encoder {encoder}, {extractor.settings.model_type}; {commands} utterances")
    print(f"in the whole commands; medians of {repeats} interleaved repeats\n")
    print(f"`python -m benchmarks.pretrained {shlex.join(sys.argv[1:])}`\n")
    print("\n".join(_table(median, hours)))


def _table(median: dict[str, float], hours: float) -> Iterator[str]:
    """Shares and ratios beside their targets, and the times.

    Args:
        hours: hours of speech in the bare calls and in the dump beside them.
    """
    whole = {nj: median[f"whole command, --nj {nj}"] for nj in (1, 2)}
    work = {nj: whole[nj] - median[f"start-up, --nj {nj}"] for nj in (1, 2)}
    yield "| measure | must | aim | measured |\n| :-- | --: | --: | --: |"
    share = median["bare calls"] / median["dump"]
    yield f"| share of the bare calls in the dump | ≥ 80 % | ≥ 95 % | {100 * share:.1f} % |"
    yield f"| `--nj 2`, whole commands | ≥ 1.8× | ≥ 1.95× | {whole[1] / whole[2]:.2f}× |"
    yield f"| `--nj 2`, without start-up | | | {work[1] / work[2]:.2f}× |"
    most = 2 * median["one process"] / median["two processes"]
    yield f"| bare calls in two processes at once against one after the other | | | {most:.2f}× |"
    for name in ("bare calls", "dump"):
        yield f"| {name}, seconds per hour of speech | | | {median[name] / hours:.0f} |"
    for name in (f"{part}, --nj {nj}" for part in ("start-up", "whole command") for nj in (1, 2)):
        yield f"| {name}, seconds | | | {median[name]:.1f} |"


def _samples(extractor: PretrainedExtractor, copies: dict[str, SpeedCopy]) -> list[np.ndarray]:
    seconds = extractor.settings.seconds
    return [centre_crop(to_16_khz(*copy.source.read()), seconds) for copy in copies.values()]


def _command(data: Path, encoder: str, nj: int, work: Path) -> float:
    """Wall-clock seconds of one menan-dump."""
    with tempfile.TemporaryDirectory(dir=work) as out:
        options = [f"--data={data}", f"--out={out}", f"--pretrained={encoder}", f"--nj={nj}"]
        return run("dump", options, work).seconds


def _at_once(encoder: str, samples: list[np.ndarray], processes: int) -> float:
    """Mean seconds of all bare calls in each of some processes that begin them together."""
    spawn = multiprocessing.get_context("spawn")
    together, seconds = spawn.Barrier(processes), spawn.SimpleQueue()
    started = [
        spawn.Process(target=_one_of_some, args=(encoder, samples, together, seconds))
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    took = [seconds.get() for _ in started]
    for process in started:
        process.join()
    return statistics.mean(took)


def _one_of_some(encoder: str, samples: list[np.ndarray], together: Any, seconds: Any) -> None:
    extractor = PretrainedExtractor(PretrainedFrontEnd(pretrained=encoder))
    _bare(extractor, samples[:2])
    together.wait()
    seconds.put(_bare(extractor, samples))


@one_thread()
@torch.inference_mode()
def _bare(extractor: PretrainedExtractor, samples: list[np.ndarray]) -> float:
    """Seconds of the library's own calls: hidden states of all layers."""
    began = time.perf_counter()
    for one in samples:
        extractor._piece(one / FULL_SCALE)
    return time.perf_counter() - began


main = main_of(app, "benchmarks.pretrained")

if __name__ == "__main__":
    main()
