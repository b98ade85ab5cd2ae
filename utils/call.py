"""A launcher's command line, in the grammar that Kaldi's run.pl, queue.pl and slurm.pl share."""

import re
import signal
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

TAIL_LINES = 10


class CallError(Exception):
    """A command line, or a file that it names, is wrong; the text says how."""


@dataclass
class Call:
    """A command line taken apart: ``variable`` runs over ``numbers`` in log and command.

    options: by name, spelled with ``-``.
    """

    variable: str | None = None
    numbers: list[int] = field(default_factory=lambda: [1])
    options: dict[str, str] = field(default_factory=dict)
    log: str = ""
    command: list[str] = field(default_factory=list)

    @property
    def threads(self) -> int | None:
        """The value of --num-threads, None where it is not given."""
        return self.count("num-threads", 1) if "num-threads" in self.options else None

    def of_job(self, number: int) -> tuple[Path, list[str]]:
        """Log and command of one job."""
        words = [self.log, *self.command]
        if self.variable is not None:
            words = [word.replace(self.variable, str(number)) for word in words]
        return Path(words[0]), words[1:]

    def logs(self) -> str:
        """All logs at once, as a shell's pattern."""
        return self.log if self.variable is None else self.log.replace(self.variable, "*")

    def count(self, option: str, default: int, least: int = 1) -> int:
        """The value of an option that counts something."""
        text = self.options.get(option, str(default))
        if not re.fullmatch(r"[0-9]+", text) or int(text) < least:
            raise CallError(f"--{option} {text}: expected a whole number from {least}")
        return int(text)


def parse(words: list[str], known: Collection[str] | None = None) -> Call:
    """Take a command line apart; options may stand before and after JOB=1:N, as in Kaldi.

    Args:
        known: names of the options, spelled with ``-``; None accepts any.

    Raises:
        CallError: an option that is not known, a wrong range, no command.
    """
    call, words = Call(), list(words)
    while words:
        if words[0].startswith("--"):
            name, equals, value = words.pop(0)[2:].partition("=")
            name = name.replace("_", "-")
            if known is not None and name not in known:
                raise CallError(f"unknown option --{name}; known are {', '.join(known)}")
            if not equals and not words:
                raise CallError(f"--{name} lacks its value")
            call.options[name] = value if equals else words.pop(0)
        elif call.variable is None and re.match(r"[A-Za-z_]\w*=", words[0]):
            call.variable, call.numbers = parse_range(words.pop(0))
        else:
            break
    if len(words) < 2:
        raise CallError("expected a log and a command; --help shows an example")
    call.log, call.command = words[0], words[1:]
    if len(call.numbers) > 1 and call.variable not in call.log:
        raise CallError(
            f"{len(call.numbers)} jobs would write one log; "
            f"put {call.variable} into its name {call.log!r}"
        )
    return call


def parse_range(word: str) -> tuple[str, list[int]]:
    """``JOB=1:4`` or ``JOB=3``."""
    match = re.fullmatch(r"(\w+)=([0-9]+)(?::([0-9]+))?", word)
    if match is None:
        raise CallError(f"{word!r} is no range of jobs; it should look like JOB=1:4")
    name, first, last = match[1], int(match[2]), int(match[3] or match[2])
    if not 1 <= first <= last:
        raise CallError(f"the range {word!r} must begin at 1 or more and not end before")
    return name, list(range(first, last + 1))


def end_of(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def stop_signals() -> list[signal.Signals]:
    """Those that ask a launcher to stop; not SIGHUP under nohup."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals
