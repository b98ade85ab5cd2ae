"""One job of a dump: the features of one shard, with one utterance at a time in memory."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tqdm import tqdm

from menan.audio import audio_info
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.metadata import Metadata, read_metadata
from menan.errors import MOST_BAD, InputError, refuse_items
from menan.features.dump.resume import describe_audio
from menan.features.dump.shards import TABLES, Shard, make_shards
from menan.features.dump.speed_copies import SpeedCopy, speed_copies
from menan.features.front_end import make_extractor, utterance_features
from menan.files.lock import Holder
from menan.front_ends import FrontEnd

# Utterances between two lines of progress in a log.
_STRIDE = 500


@dataclass(frozen=True)
class DumpOptions:
    """Options of a dump; the same for all of its jobs.

    data, out: data directory and dump directory.
    features: settings of the front-end.
    nj: number of jobs, each with one archive; the features do not depend on it.
    device: ``cpu``, ``cuda`` or ``cuda:N``, for front-ends that can use a GPU.
    skip_bad: leave out utterances of which no features can be made, up to MOST_BAD per cent.
    allow_pipes: let a shell run the commands in wav.scp.
    launcher: beginning of a command line in the grammar of Kaldi's run.pl, which starts the jobs;
        empty to run them one after the other in this process.
    job_command: beginning of the command line of a job, of menan-dump, for the launcher.
    """

    data: Path
    out: Path
    features: FrontEnd
    nj: int = 1
    device: str = "cpu"
    skip_bad: bool = False
    allow_pipes: bool = False
    launcher: tuple[str, ...] = ()
    job_command: tuple[str, ...] = ()

    def copies(self, metadata: Metadata) -> dict[str, SpeedCopy]:
        """The utterances of the dump, by name."""
        return speed_copies(self.data, metadata, self.features.speeds, self.allow_pipes)


def dump_shard(options: DumpOptions, number: int) -> None:
    """Write one shard, counted from 1, as a job; ends early if the command that started it ended.

    Raises:
        InputError: as :func:`menan.features.dump.dump_features.dump_features`, with the utterance.
    """
    holder = Holder(options.out)
    holder.check()
    copies = options.copies(read_metadata(options.data))
    write_shard(
        options, make_shards(options.out, copies, options.nj)[number - 1], len(copies), holder
    )


def write_shard(options: DumpOptions, shard: Shard, total: int, holder: Holder) -> None:
    """Write a shard of a dump of ``total`` utterances, unless it is finished.

    Raises:
        InputError: as :func:`dump_shard`.
    """
    if shard.is_finished():
        return
    # PyTorch: not imported by a command that only starts jobs.
    from menan.features.waveform import SAMPLE_RATE, to_16_khz

    extractor = make_extractor(options.features, options.device)
    # The copies of one utterance follow one another: its file is read once for all of them.
    read = lru_cache(maxsize=1)(lambda source: to_16_khz(*source.read()))
    tables: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    with ArchiveWriter(shard.out, shard.archive) as writer:
        for name, copy in _with_progress(list(shard.copies.items())):
            holder.check()
            try:
                samples = read(copy.source)
                features = utterance_features(
                    samples, SAMPLE_RATE, options.features, extractor, copy.speed
                )
            except InputError as error:
                if not options.skip_bad:
                    later = _unreadable(shard.copies, after=name)
                    refuse_items([_fault(name, error), *later])
                tables["skipped"][name] = " ".join(str(error).split())
                refuse_many(tables["skipped"], total)
                continue
            writer.write(name, features)
            seconds = len(samples) / SAMPLE_RATE / copy.speed
            if remark := options.features.remark_on_length(seconds):
                tables["long"][name] = remark
            tables["utt2num_frames"][name] = str(len(features))
            if copy.utt not in tables["utt2audio"]:
                tables["utt2audio"][copy.utt] = describe_audio(copy.source)
    shard.finish(tables)


def _fault(name: str, error: InputError) -> str:
    return f"utterance {name!r}: {error} (or leave such utterances out with --skip-bad true)"


def _unreadable(copies: Mapping[str, SpeedCopy], after: str) -> Iterator[str]:
    """A line on each utterance behind one whose file cannot be opened, once per file."""
    names = list(copies)
    seen = {copies[after].source.path}
    for name in names[names.index(after) + 1 :]:
        source = copies[name].source
        if source.is_command or source.path in seen:
            continue
        seen.add(source.path)
        try:
            audio_info(source.path)
        except InputError as error:
            yield _fault(name, error)


def refuse_many(skipped: Mapping[str, str], total: int) -> None:
    """Raise :class:`InputError` if more utterances of ``total`` are bad than may be left out.

    Args:
        skipped: the reason, by utterance.
    """
    if len(skipped) > MOST_BAD / 100 * total:
        name, reason = next(iter(skipped.items()))
        raise InputError(
            f"utterance {name!r}: {reason}; {len(skipped)} of {total} utterances are bad, and "
            f"--skip-bad true leaves out at most {MOST_BAD:g} %"
        )


def _with_progress(items: Sequence) -> Iterable:
    """The items, with a progress bar on a terminal and lines of progress in a log."""
    if sys.stderr.isatty():
        return tqdm(items, unit="utt")
    return _with_lines(items)


def _with_lines(items: Sequence) -> Iterator:
    for done, item in enumerate(items, start=1):
        yield item
        if done % _STRIDE == 0 or done == len(items):
            print(f"{done} of {len(items)} utterances", file=sys.stderr, flush=True)
