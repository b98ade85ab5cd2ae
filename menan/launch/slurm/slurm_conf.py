"""conf/slurm.conf translates options to those of sbatch, in the format of Kaldi's slurm.pl.

    command sbatch --export=ALL     beginning of the command line; required
    option mem=* --mem=$0           translation of --mem 4G; $0 is the value
    option mem=0                    this value is translated to nothing
    default time=1:00:00            value of --time if it is not given

``-`` and ``_`` in the name of an option are equivalent. # begins a comment.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from menan.errors import InputError

# Used if no file is given.
BUILT_IN = """
command sbatch --export=ALL --requeue
option time=* --time=$0
option mem=* --mem=$0
option mem=0
option num_threads=* --cpus-per-task=$0
option gpu=* --gres=gpu:$0
option gpu=0
"""
# Options that the launcher itself handles; the file need not describe them.
OWN = ("config", "max-jobs-run")


@dataclass(frozen=True)
class SlurmConf:
    """The content of a file.

    name: the file's name, for error messages.
    command: beginning of sbatch's command line.
    words: words for sbatch by ``(option, value)``; the value ``*`` stands for any.
    defaults: values of options that are not given.
    """

    name: str
    command: list[str]
    words: Mapping[tuple[str, str], list[str]]
    defaults: Mapping[str, str]

    def translate(self, options: Mapping[str, str]) -> list[str]:
        """The beginning of sbatch's command line for these options.

        Raises:
            InputError: the file does not describe an option or its value.
        """
        line = list(self.command)
        for option, value in options.items():
            if option in OWN:
                continue
            words = self.words.get((option, value), self.words.get((option, "*")))
            if words is None:
                known = sorted({*OWN, *(name for name, _ in self.words)})
                raise InputError(
                    f"{self.name} does not describe --{option} {value}; it describes "
                    f"{', '.join(known)}"
                )
            line += [word.replace("$0", value) for word in words]
        return line


def read_conf(path: Path | None) -> SlurmConf:
    """Read a file; None gives the built-in configuration.

    Raises:
        InputError: the file cannot be read, or a line is malformed.
    """
    if path is None:
        return parse_conf(BUILT_IN, "the built-in configuration")
    try:
        return parse_conf(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None


def parse_conf(text: str, name: str) -> SlurmConf:
    """Parse the text of a file; ``name`` is used in error messages."""
    command: list[str] = []
    translations: dict[tuple[str, str], list[str]] = {}
    defaults: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r"\s*#.*", "", line).strip()
        if not line:
            continue
        try:
            kind, _, rest = line.partition(" ")
            words = shlex.split(rest)
        except ValueError as error:  # an open quote
            raise InputError(f"{name}:{number}: {error}") from None
        option, equals, value = words[0].partition("=") if words else ("", "", "")
        option = option.replace("_", "-")
        if kind == "command" and words:
            command = words
        elif kind == "option" and option and equals and value:
            translations[option, value] = words[1:]
        elif kind == "default" and option and equals and value and len(words) == 1:
            defaults[option] = value
        else:
            raise InputError(
                f"{name}:{number}: {line!r} is not understood; expected 'command ...', "
                "'option name=value ...' or 'default name=value'"
            )
    if not command:
        raise InputError(f"{name}: add a line 'command sbatch ...'; it is missing")
    return SlurmConf(name, command, translations, defaults)
