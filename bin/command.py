"""What all commands share: the spelling of options, and errors of one line.

An option is spelled with ``-`` or ``_`` alike, a boolean takes ``true`` or ``false`` as in Kaldi,
wrong input is one line on stderr and exit status 1.

A command imports what it computes with inside its function: PyTorch takes more than a second, and
``--help`` is to be printed at once.
"""

import sys
from collections.abc import Callable, Iterator
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from menan.config import parse_share
from menan.datadir.channels import parse_channel
from menan.errors import BadItems, InputError
from menan.training.signals import Stopped

# Typer makes its usage error public only through this subclass.
UsageError: type[Any] = typer.BadParameter.__mro__[1]

MOST_ITEMS = 50  # bad items that are named

# The exit status of a program that Ctrl-C ended: 128 and SIGINT's number.
INTERRUPTED = 130

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting over those of the configuration; repeatable. Example: training.lr=2e-3.",
    ),
]
PluginOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Python file that adds an encoder, objective, bottleneck or front-end; repeatable.",
    ),
]
NoiseKeyOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Secret key of the noise of a stochastic bottleneck, 32 bytes; made if the file is "
        "missing. Keep it out of every release. Without it, a fresh key is drawn and thrown away.",
    ),
]
EachOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...",
        help="Run for each of these names, which stand for {} in the other paths; what the runs "
        "share is done once.",
    ),
]
ShareOption = Annotated[
    str, typer.Option(help="With --each: 2/4 is the second of four shares, for parallel jobs.")
]
ChannelOption = Annotated[
    str,
    typer.Option(metavar="1|2|...|mix", help="Channel to use; mix is the average of all."),
]


def channel_of(text: str) -> int | None:
    """The value of ``--channel``: a number from 1, None for ``mix``.

    Raises:
        InputError: any other value.
    """
    try:
        return parse_channel(text)
    except InputError as error:
        raise InputError(f"--channel: {error}") from None


def each_of(
    names: str | None, share: str, out: Path, *others: Path | None
) -> Iterator[tuple[Any, ...]]:
    """The paths of each run of a command with ``--each``, ``--out`` first; one run without it.

    Raises:
        InputError: --share without --each or of another form, or an output for all names.
    """
    number, shares = parse_share(share)
    if names is None:
        if shares > 1:
            raise InputError(f"--share {share}: needs --each, whose names are shared")
        yield out, *others
        return
    if "{}" not in str(out):
        raise InputError(
            f"--out {out}: all names of --each would write this file; put {{}} where the name "
            "belongs, as in leakage/{}.json"
        )
    own = [name for name in names.split(",") if name][number - 1 :: shares]
    if not own:
        print(f"--share {share}: no name is left for this job; nothing written")
    for name in own:
        yield tuple(path and Path(str(path).replace("{}", name)) for path in (out, *others))


class Switch(str, Enum):
    """A Kaldi boolean: recipes pass ``--resume ${resume}`` through."""

    true = "true"
    false = "false"

    def __bool__(self) -> bool:
        return self is Switch.true


FfmpegOption = Annotated[
    Switch,
    typer.Option(
        help="Read audio that libsndfile cannot (AAC, MP4, WebM) through the program ffmpeg."
    ),
]


def new_app() -> typer.Typer:
    """A Typer application in which options may be spelled with ``-`` or ``_``."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": lambda token: token.replace("_", "-"),
        },
    )


def command_of(app: typer.Typer) -> Any:
    """The command of an application, with the help texts that users see."""
    command = typer.main.get_command(app)
    for one in (command, *getattr(command, "commands", {}).values()):
        for option in one.params:
            if option.param_type_name == "argument":
                option.display_type_rich = lambda ctx: None  # its name and help say what it is
            if isinstance(option.show_default, str):
                # Typer would print it in parentheses.
                option.help = f"{option.help}  [default: {option.show_default}]"
                option.show_default = False
    return command


def main_of(app: typer.Typer, name: str) -> Callable[[], None]:
    """The entry point of a console command."""

    def main() -> None:
        command = command_of(app)
        # File names need not be UTF-8, and are printed all the same; stderr does this by itself.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            status = command(prog_name=name, standalone_mode=False)
            if status == INTERRUPTED:
                # Typer returns this for Ctrl-C, without a message.
                raise KeyboardInterrupt
        except BadItems as error:
            status = 1
            for line in error.lines[:MOST_ITEMS]:
                complain(name, line)
            if (more := len(error.lines) - MOST_ITEMS) > 0:
                complain(name, f"and {more} more")
        except InputError as error:
            status = complain(name, str(error))
        except UsageError as error:
            status = complain(name, f"{error.format_message()} (see {name} --help)")
        except OSError as error:
            at = f"{error.filename}: " if error.filename is not None else ""
            status = complain(name, f"{at}{error.strerror or error}")
        except Stopped as stop:
            complain(name, f"{stop}; continue with the same command")
            status = stop.status
        except (KeyboardInterrupt, typer.Abort):
            complain(name, "interrupted")
            status = INTERRUPTED
        sys.exit(status or 0)

    return main


def complain(name: str, message: str) -> int:
    """Print an error in one line on stderr, and return the exit status 1."""
    print(f"{name}: error: {' '.join(message.split())}", file=sys.stderr)
    return 1
