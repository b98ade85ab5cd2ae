"""The problems that a validation finds, and a report that does not flood the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from menan.errors import InputError

# Problems of one kind that are shown per file; a broken corpus may have 20,000.
SHOWN_PER_KIND = 10


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    line: counted from 1; None where no line is to blame, as for a missing utterance.
    message: what is wrong, with names and values.
    cure: what to do, without names and values, so that problems of one kind share it.

    >>> print(Problem(Path("data/utt2spk"), 3, "'b-1' is listed again", "keep one line"))
    data/utt2spk:3: 'b-1' is listed again; keep one line
    """

    file: Path
    line: int | None
    message: str
    cure: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}; {self.cure}"


def message_and_cure(error: InputError, cure: str) -> tuple[str, str]:
    """The text of an error in two parts; ``cure`` is used if the text has none.

    >>> message_and_cure(InputError("a.wav: truncated; copy it again"), "correct the file")
    ('a.wav: truncated', 'copy it again')
    """
    message, separator, named = str(error).rpartition("; ")
    return (message, named) if separator else (named, cure)


@dataclass(frozen=True)
class Report:
    """All problems of a directory, and its size.

    notes: lines about things that are allowed but may be a mistake.
    utterances: lines of utt2spk, speed copies included.
    speakers, groups: distinct names; groups are pairs of speakers where spk2group is missing.
    """

    directory: Path
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    utterances: int = 0
    speakers: int = 0
    groups: int = 0

    @property
    def ok(self) -> bool:
        return not self.problems

    def lines(self) -> Iterator[str]:
        """The report as text: the first problems of each kind per file, notes, the verdict."""
        kinds: dict[tuple[Path, str], list[Problem]] = {}
        for problem in self.problems:
            kinds.setdefault((problem.file, problem.cure), []).append(problem)
        for (file, cure), problems in kinds.items():
            yield from map(str, problems[:SHOWN_PER_KIND])
            if (more := len(problems) - SHOWN_PER_KIND) > 0:
                yield f"{file}: and {more} more of this kind; {cure}"
        yield from self.notes
        if self.ok:
            yield (
                f"{self.directory}: ok, {self.utterances} utterances of {self.speakers} speakers "
                f"in {self.groups} groups"
            )
        else:
            number = len(self.problems)
            yield f"{self.directory}: {number} problem{'s' if number > 1 else ''}"
