"""The channel of each recording: the file ``reco2channel`` of a data directory."""

from pathlib import Path

from menan.datadir.tables import read_table
from menan.errors import InputError

MIX = "mix"  # the average of all channels


def read_channels(directory: str | Path) -> dict[str, int | None]:
    """Channel by recording, counted from 1; None for the average. Empty without ``reco2channel``.

    Raises:
        InputError: neither a number from 1 nor ``mix``, with file and line.
    """
    path = Path(directory) / "reco2channel"
    if not path.exists():
        return {}
    channels = {}
    for number, (recording, text) in enumerate(read_table(path).items(), start=1):
        try:
            channels[recording] = parse_channel(text)
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
    return channels


def parse_channel(text: str) -> int | None:
    """The number of a channel, None for ``mix``.

    Raises:
        InputError: neither a number from 1 nor ``mix``.

    >>> parse_channel("2"), parse_channel("mix")
    (2, None)
    """
    if text == MIX:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= 1):
        raise InputError(f"expected mix or the number of a channel from 1, found {text[:80]!r}")
    return int(text)
