"""conf/slurm.conf: what the options become for sbatch, in the format of Kaldi's slurm.pl.

    command sbatch --export=ALL     begins the command line; the file must say it
    option mem=* --mem=$0           what --mem 4G becomes; $0 is the value
    option mem=0                    this one value becomes nothing
    default time=1:00:00            as if --time 1:00:00 were given where no --time is

``-`` and ``_`` in an option's name are alike. What follows # is a comment.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

if __package__:
    from menan_utils.call import CallError
else:  # called as a script
    from call import CallError

# Taken where there is no file.
BUILT_IN = """
command sbatch --export=ALL --requeue
option time=* --time=$0
option mem=* --mem=$0
option mem=0
option num_threads=* --cpus-per-task=$0
option gpu=* --gres=gpu:$0
option gpu=0
"""
# The launcher's own, whatever the file says.
OWN = ("config", "max-jobs-run")


@dataclass
class SlurmConf:
    """What a file says: sbatch's words for ``(option, value)``, where the value may be ``*``."""

    name: str
    command: list[str] = field(default_factory=list)
    words: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)

    def translate(self, options: dict[str, str]) -> list[str]:
        """The beginning of sbatch's command line.

        Raises:
            CallError: an option or a value that the file does not describe.
        """
        line = list(self.command)
        for option, value in options.items():
            if option in OWN:
                continue
            words = self.words.get((option, value), self.words.get((option, "*")))
            if words is None:
                known = sorted({*OWN, *(name for name, _ in self.words)})
                raise CallError(
                    f"{self.name} does not describe --{option} {value}; it knows {', '.join(known)}"
                )
            line += [word.replace("$0", value) for word in words]
        return line


def read_conf(path: Path | None) -> SlurmConf:
    """Read a file, or what is built in.

    Raises:
        CallError: it cannot be read, or a line is malformed.
    """
    if path is None:
        return parse_conf(BUILT_IN, "the built-in configuration")
    try:
        return parse_conf(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise CallError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CallError(f"{path}: not UTF-8 at byte {error.start}") from None


def parse_conf(text: str, name: str) -> SlurmConf:
    """Take a file's text apart; ``name`` is for messages."""
    conf = SlurmConf(name)
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r"\s*#.*", "", line).strip()
        if not line:
            continue
        try:
            kind, _, rest = line.partition(" ")
            words = shlex.split(rest)
        except ValueError as error:  # an open quote
            raise CallError(f"{name}:{number}: {error}") from None
        option, equals, value = words[0].partition("=") if words else ("", "", "")
        option = option.replace("_", "-")
        if kind == "command" and words:
            conf.command = words
        elif kind == "option" and option and equals and value:
            conf.words[option, value] = words[1:]
        elif kind == "default" and option and equals and value and len(words) == 1:
            conf.defaults[option] = value
        else:
            raise CallError(
                f"{name}:{number}: {line!r} is none of 'command ...', 'option name=value ...' "
                "and 'default name=value'"
            )
    if not conf.command:
        raise CallError(f"{name}: lacks a line 'command sbatch ...'")
    return conf
