"""One job of a dump: features of a part of the utterances, one utterance at a time in memory.

PyTorch, which takes seconds to import, is imported where features are computed: who only starts
jobs needs none.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tqdm import tqdm

from menan.datadir.archive import ArchiveWriter
from menan.datadir.metadata import Metadata, read_metadata
from menan.errors import InputError
from menan.features.dump.fingerprints import describe_audio
from menan.features.dump.shards import TABLES, Part, cut
from menan.features.dump.speed_copies import Copy, speed_copies
from menan.files.lock import Holder
from menan.front_ends import FrontEnd

# Where more of the utterances are bad than these per cent, something is wrong with the corpus.
MOST_BAD = 1.0
# Lines of progress in a log are this many utterances apart.
_STRIDE = 500


@dataclass(frozen=True)
class Order:
    """What is to be dumped, and how; the same for all jobs.

    data, out: data directory and dump directory.
    nj: jobs, each with one archive; the archives' content does not depend on it.
    device: ``cpu``, ``cuda`` or ``cuda:N``, for log-mel.
    skip_bad: leave out utterances of which no features can be made, up to MOST_BAD per cent.
    allow_pipes: let a shell run the commands in wav.scp.
    """

    data: Path
    out: Path
    config: FrontEnd
    nj: int = 1
    device: str = "cpu"
    skip_bad: bool = False
    allow_pipes: bool = False

    def copies(self, labels: Metadata) -> dict[str, Copy]:
        """The utterances of the dump, by name."""
        return speed_copies(self.data, labels, self.config, self.allow_pipes)


def dump_part(order: Order, number: int) -> None:
    """The ``number``-th (from 1) of the parts, while the command that wants it is alive.

    Raises:
        InputError: as :func:`menan.features.dump.make_dump.dump_features`, naming the utterance.
    """
    holder = Holder(order.out)
    holder.check()
    copies = order.copies(read_metadata(order.data))
    make_part(order, cut(order.out, copies, order.nj)[number - 1], len(copies), holder)


def make_part(order: Order, part: Part, total: int, holder: Holder) -> None:
    """Write a part of a dump of ``total`` utterances, unless it is there already.

    Raises:
        InputError: as :func:`dump_part`.
    """
    if part.is_finished():
        return
    from menan.features.kaldi import utterance_features
    from menan.features.waveform import SAMPLE_RATE, to_16_khz

    # Copies of one utterance stand together: its file is read once for all of them.
    read = lru_cache(maxsize=1)(lambda source: to_16_khz(*source.read()))
    tables: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    with ArchiveWriter(part.out, part.archive) as writer:
        for name, copy in _with_progress(list(part.copies.items())):
            holder.check()
            try:
                samples = read(copy.source)
                features = utterance_features(
                    samples, SAMPLE_RATE, order.config, copy.speed, order.device
                )
            except InputError as error:
                if not order.skip_bad:
                    raise InputError(
                        f"utterance {name!r}: {error} (--skip-bad true leaves such ones out)"
                    ) from None
                tables["skipped"][name] = " ".join(str(error).split())
                refuse_many(tables["skipped"], total)
                continue
            writer.write(name, features)
            tables["utt2num_frames"][name] = str(len(features))
            if copy.utt not in tables["utt2audio"]:
                tables["utt2audio"][copy.utt] = describe_audio(copy.source)
    part.finish(tables)


def refuse_many(skipped: Mapping[str, str], total: int) -> None:
    """Raise :class:`InputError` if more utterances of ``total`` are bad than may be left out.

    Args:
        skipped: why, by utterance.
    """
    if len(skipped) > MOST_BAD / 100 * total:
        name, reason = next(iter(skipped.items()))
        raise InputError(
            f"utterance {name!r}: {reason}; with it {len(skipped)} of {total} are bad, and "
            f"--skip-bad true leaves out {MOST_BAD:g} % at most"
        )


def _with_progress(items: Sequence) -> Iterable:
    """The items, with a bar on a terminal and a line now and then in a log."""
    if sys.stderr.isatty():
        return tqdm(items, unit="utt")
    return _with_lines(items)


def _with_lines(items: Sequence) -> Iterator:
    for done, item in enumerate(items, start=1):
        yield item
        if done % _STRIDE == 0 or done == len(items):
            print(f"{done} of {len(items)} utterances", file=sys.stderr, flush=True)
