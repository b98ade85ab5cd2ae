"""The one error that commands turn into a line for the user."""

from collections.abc import Sequence

# The percentage of the utterances that --skip-bad may leave out; with more of them bad, something
# is wrong with the corpus.
MOST_BAD = 1.0


class InputError(Exception):
    """Something the user gave is wrong: a file, an option, a corpus.

    The message is one line that names the file, the place in it and the cure. Commands print it
    and exit with status 1; a traceback is kept for our own mistakes.
    """


def require(condition: bool, message: str) -> None:
    """Raise :class:`InputError` unless a condition holds."""
    if not condition:
        raise InputError(message)


class BadItems(InputError):
    """Several things are wrong, each with a line of its own: files of a corpus, rows of a table."""

    def __init__(self, lines: Sequence[str]):
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)


def refuse_items(lines: Sequence[str]) -> None:
    """Raise :class:`BadItems` with all lines, or :class:`InputError` if there is only one."""
    if len(lines) > 1:
        raise BadItems(lines)
    if lines:
        raise InputError(lines[0])
