"""The parts of a dump, one a job: each appears whole, and is kept when another fails."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.archive import read_scp
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features.dump.speed_copies import Copy

TABLES = ("skipped", "utt2audio", "utt2num_frames")
# With what a killed job had begun.
_FILE = re.compile(
    rf"(?:\.menan-\d+\.)?(?:feats\.(\d+)\.(?:ark|scp)|(?:{'|'.join(TABLES)})\.(\d+))"
)


@dataclass(frozen=True)
class Part:
    """The ``number``-th (from 1) of some contiguous parts of a dump's sorted copies."""

    out: Path
    number: int
    copies: Mapping[str, Copy]

    @property
    def archive(self) -> str:
        """Name of its .ark and .scp."""
        return f"feats.{self.number}"

    def scp(self) -> dict[str, str]:
        """Where its matrices are."""
        return read_scp(self.out / f"{self.archive}.scp")

    def table(self, name: str) -> dict[str, str]:
        """One of its tables."""
        return read_table(self.out / f"{name}.{self.number}")

    def finish(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        """Write its tables, by name; with the last of TABLES it is complete."""
        for name in TABLES:
            write_table(self.out / f"{name}.{self.number}", tables[name])

    def is_finished(self) -> bool:
        """Whether all of it is there, made as this part and not as one of another number."""
        if not (self.out / f"{TABLES[-1]}.{self.number}").exists():
            return False
        try:
            return {**self.scp(), **self.table("skipped")}.keys() == self.copies.keys()
        except InputError:
            return False


def cut(out: Path, copies: Mapping[str, Copy], nj: int) -> list[Part]:
    """The parts of ``nj`` jobs."""
    names = list(copies)
    bounds = [len(names) * job // nj for job in range(nj + 1)]
    return [
        Part(out, job + 1, {name: copies[name] for name in names[bounds[job] : bounds[job + 1]]})
        for job in range(nj)
    ]


def remove_parts(out: Path, but: Sequence[Part] = ()) -> None:
    """Remove the files of all parts but some."""
    kept = {part.number for part in but}
    for path in out.iterdir():
        match = _FILE.fullmatch(path.name)
        if match and int(match[1] or match[2]) not in kept:
            path.unlink(missing_ok=True)  # a job of a killed command may be ending


def remove_tables(out: Path) -> None:
    """Remove what the parts of a complete dump have beside their archives."""
    for path in out.iterdir():
        if _FILE.fullmatch(path.name) and path.suffix != ".ark":
            path.unlink()


def put_together(parts: Sequence[Part]) -> dict[str, dict[str, str]]:
    """The tables of all parts by name, with ``feats.scp``."""
    whole: dict[str, dict[str, str]] = {name: {} for name in (*TABLES, "feats.scp")}
    for part in parts:
        whole["feats.scp"] |= part.scp()
        for name in TABLES:
            whole[name] |= part.table(name)
    return whole
