"""The one error that commands turn into a line for the user."""


class InputError(Exception):
    """Something the user gave is wrong: a file, an option, a corpus.

    The message is one line that names the file, the place in it and the cure. Commands print it
    and exit with status 1; a traceback is kept for our own mistakes.
    """


def require(condition: bool, message: str) -> None:
    """Raise :class:`InputError` unless a condition holds."""
    if not condition:
        raise InputError(message)
