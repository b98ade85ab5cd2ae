"""Cost of a dump by a frozen encoder compared with bare calls of ``transformers``.

The bare calls are feature extractor and encoder on samples in memory, one utterance at a time, with
the same padding and the same number of threads: one. The dump is all that a job of menan-dump does
after it has loaded the encoder: reading and resampling audio, statistics, archives and tables.
"""

import itertools
import shlex
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks.machine import describe
from menan.datadir.metadata import corpus_name, read_metadata
from menan.features.dump import jobs
from menan.features.dump.jobs import DumpOptions, write_shard
from menan.features.dump.shards import make_shards
from menan.features.pretrained import FULL_SCALE, PretrainedExtractor
from menan.features.waveform import centre_crop, one_thread, to_16_khz
from menan.files.lock import Holder, only_writer
from menan.pretrained_front_end import PretrainedFrontEnd
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def pretrained(
    data: Annotated[Path, typer.Option(help="Data directory.")],
    encoder: Annotated[str, typer.Option(help="Folder or hub name of the encoder.")],
    utterances: Annotated[int, typer.Option(min=1, help="Utterances, from the first.")] = 100,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats, interleaved.")] = 3,
) -> None:
    """Time a dump and bare calls of the library, and print their ratio as a markdown table.

    Example: python -m benchmarks.pretrained --data data/ravdess --encoder openai/whisper-base
    """
    where = describe()
    extractor = PretrainedExtractor(PretrainedFrontEnd(pretrained=encoder))
    jobs.make_extractor = lambda settings, device: extractor
    options = DumpOptions(data, Path(), extractor.settings)
    copies = dict(itertools.islice(options.copies(read_metadata(data)).items(), utterances))
    seconds = extractor.settings.seconds
    samples = [centre_crop(to_16_khz(*copy.source.read()), seconds) for copy in copies.values()]
    times: dict[str, list[float]] = {"bare calls": [], "dump": []}
    with tempfile.TemporaryDirectory() as directory:
        for repeat in range(repeats + 1):
            took = {"bare calls": _bare(extractor, samples)}
            out = Path(directory, str(repeat))
            with only_writer(out):
                (shard,) = make_shards(out, copies, 1)
                began = time.perf_counter()
                write_shard(options, shard, len(copies), Holder(out))
                took["dump"] = time.perf_counter() - began
            if repeat:  # the first warms up
                for name, value in took.items():
                    times[name].append(value)
    median = {name: statistics.median(values) for name, values in times.items()}
    hours = sum(map(len, samples)) / 16000 / 3600
    print(f"# Dump of a pretrained encoder: {corpus_name(data)}, {len(samples)} utterances\n")
    print(f"{where}; encoder {encoder}, {extractor.settings.model_type}\n")
    print(f"`python -m benchmarks.pretrained {shlex.join(sys.argv[1:])}`\n")
    print("| measure | target | aim | measured |\n| :-- | --: | --: | --: |")
    ratio = median["dump"] / median["bare calls"]
    print(f"| dump beside bare calls | ≤ 1.25 | ≤ 1.05 | {ratio:.3f} |")
    for name, value in median.items():
        print(f"| {name}, seconds per hour of speech | | | {value / hours:.0f} |")


@one_thread()
@torch.inference_mode()
def _bare(extractor: PretrainedExtractor, samples: list) -> float:
    """Seconds of the library's own calls: hidden states of all layers."""
    began = time.perf_counter()
    for one in samples:
        extractor._piece(one / FULL_SCALE)
    return time.perf_counter() - began


main = main_of(app, "benchmarks.pretrained")

if __name__ == "__main__":
    main()
