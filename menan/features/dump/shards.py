"""The shards of a dump: one archive with its tables per job."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.archive import read_scp
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features.dump.speed_copies import SpeedCopy

TABLES = ("skipped", "long", "utt2audio", "utt2num_frames")
# The files of a shard, and the temporary files that a killed job leaves.
_FILE = re.compile(
    rf"(?:\.menan-\d+\.)?(?:feats\.(\d+)\.(?:ark|scp)|(?:{'|'.join(TABLES)})\.(\d+))"
)


@dataclass(frozen=True)
class Shard:
    """A contiguous part of a dump's sorted utterances.

    number: position among the shards, from 1.
    copies: the utterances, by name.
    """

    out: Path
    number: int
    copies: Mapping[str, SpeedCopy]

    @property
    def archive(self) -> str:
        """Name of its .ark and .scp."""
        return f"feats.{self.number}"

    def scp(self) -> dict[str, str]:
        """The places of its matrices, by utterance."""
        return read_scp(self.out / f"{self.archive}.scp")

    def table(self, name: str) -> dict[str, str]:
        """One of its tables."""
        return read_table(self.out / f"{name}.{self.number}")

    def finish(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        """Write its tables, by name; the last of TABLES marks the shard as finished."""
        for name in TABLES:
            write_table(self.out / f"{name}.{self.number}", tables[name])

    def is_finished(self) -> bool:
        """Whether all its files exist, and hold the utterances of this shard."""
        if not all((self.out / f"{name}.{self.number}").exists() for name in TABLES):
            return False
        try:
            return {**self.scp(), **self.table("skipped")}.keys() == self.copies.keys()
        except InputError:
            return False


def make_shards(out: Path, copies: Mapping[str, SpeedCopy], nj: int) -> list[Shard]:
    """The utterances of a dump in ``nj`` shards of nearly equal size."""
    names = list(copies)
    bounds = [len(names) * job // nj for job in range(nj + 1)]
    return [
        Shard(out, job + 1, {name: copies[name] for name in names[bounds[job] : bounds[job + 1]]})
        for job in range(nj)
    ]


def remove_shards(out: Path, but: Sequence[Shard] = ()) -> None:
    """Remove the files of all shards except some."""
    kept = {shard.number for shard in but}
    for path in out.iterdir():
        match = _FILE.fullmatch(path.name)
        if match and int(match[1] or match[2]) not in kept:
            path.unlink(missing_ok=True)  # a job of a killed command may remove it as it ends


def remove_shard_tables(out: Path) -> None:
    """Remove all files of the shards except their archives, which a complete dump consists of."""
    for path in out.iterdir():
        if _FILE.fullmatch(path.name) and path.suffix != ".ark":
            path.unlink()


def merged_tables(shards: Sequence[Shard]) -> dict[str, dict[str, str]]:
    """The tables of all shards by name, with ``feats.scp``."""
    whole: dict[str, dict[str, str]] = {name: {} for name in (*TABLES, "feats.scp")}
    for shard in shards:
        whole["feats.scp"] |= shard.scp()
        for name in TABLES:
            whole[name] |= shard.table(name)
    return whole
