"""The command line of a launcher, in the grammar of Kaldi's run.pl, queue.pl and slurm.pl."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from menan.errors import InputError


@dataclass(frozen=True)
class Call:
    """A parsed command line: one job for each of ``numbers``.

    variable: word that the job's number replaces in log and command, such as ``JOB``.
    options: values by name; names are spelled with ``-``.
    log: name of the log file, with the variable in it.
    command: the words of the command, with the variable in them.
    """

    variable: str | None
    numbers: list[int]
    options: Mapping[str, str]
    log: str
    command: list[str]

    @property
    def threads(self) -> int | None:
        """The value of --num-threads; None if it is not given."""
        return self.count("num-threads", 1) if "num-threads" in self.options else None

    def of_job(self, number: int) -> tuple[Path, list[str]]:
        """Log and command of one job."""
        words = [self.log, *self.command]
        if self.variable is not None:
            words = [word.replace(self.variable, str(number)) for word in words]
        return Path(words[0]), words[1:]

    def logs(self) -> str:
        """A shell pattern that matches the logs of all jobs."""
        return self.log if self.variable is None else self.log.replace(self.variable, "*")

    def count(self, option: str, default: int, least: int = 1) -> int:
        """The value of an option that is a whole number.

        Raises:
            InputError: the value is not a whole number, or less than ``least``.
        """
        text = self.options.get(option, str(default))
        if not re.fullmatch(r"[0-9]+", text) or int(text) < least:
            raise InputError(f"--{option} {text}: expected a whole number from {least}")
        return int(text)


def parse(words: list[str], known: Collection[str] | None = None) -> Call:
    """Parse a command line; options may stand before and after JOB=1:N, as in Kaldi.

    Args:
        known: names of the options, spelled with ``-``; None accepts any.

    Raises:
        InputError: an unknown option, a wrong range, or a missing log or command.
    """
    variable: str | None = None
    numbers = [1]
    options: dict[str, str] = {}
    words = list(words)
    while words:
        if words[0].startswith("--"):
            name, equals, value = words.pop(0)[2:].partition("=")
            name = name.replace("_", "-")
            if known is not None and name not in known:
                raise InputError(f"unknown option --{name}; choose from --{', --'.join(known)}")
            if not equals and not words:
                raise InputError(f"--{name} needs a value")
            options[name] = value if equals else words.pop(0)
        elif variable is None and re.match(r"[A-Za-z_]\w*=", words[0]):
            variable, numbers = parse_range(words.pop(0))
        else:
            break
    if len(words) < 2:
        raise InputError("expected a log and a command; see --help for an example")
    log, *command = words
    if len(numbers) > 1 and str(variable) not in log:
        raise InputError(
            f"{len(numbers)} jobs would write the same log; put {variable} into its name {log!r}"
        )
    return Call(variable, numbers, options, log, command)


def parse_range(word: str) -> tuple[str, list[int]]:
    """Parse ``JOB=1:4`` or ``JOB=3``.

    >>> parse_range("JOB=1:4")
    ('JOB', [1, 2, 3, 4])
    """
    match = re.fullmatch(r"(\w+)=([0-9]+)(?::([0-9]+))?", word)
    if match is None:
        raise InputError(f"{word!r} is not a range of jobs; write it as in JOB=1:4")
    name, first, last = match[1], int(match[2]), int(match[3] or match[2])
    if not 1 <= first <= last:
        raise InputError(f"the range {word!r} must start at 1 or more and must not end before that")
    return name, list(range(first, last + 1))
