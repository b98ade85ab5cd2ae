"""A parser on trial: whatever bytes come in, it takes them or refuses them in one line."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from menan.errors import InputError

LONGEST_REFUSAL = 20_000  # characters: a name may be long, but no file is to be told whole


@dataclass(frozen=True)
class Parser:
    """One way for bytes to come in.

    file: where they stand, in a folder.
    read: reads them from that folder as a command would.
    around: fills the folder so that ``read`` succeeds; its ``file`` is the first example.
    examples: more contents of ``file`` that are valid, or of another kind.
    refuses: False for what is to tell of faults and never to raise anything.
    place: what a refusal names; by default the folder.
    """

    name: str
    file: str
    read: Callable[[Path], object]
    around: Callable[[Path], object]
    examples: tuple[bytes, ...] = ()
    refuses: bool = True
    place: str | None = None


class Trial:
    """A parser in a temporary folder of its own, as a context manager.

    examples: valid contents, the first of them taken without refusal.
    """

    def __init__(self, parser: Parser):
        self.parser = parser

    def __enter__(self) -> "Trial":
        self.folder = Path(tempfile.mkdtemp(prefix="menan-trial-"))
        self.parser.around(self.folder)
        self._path = self.folder / self.parser.file
        self.examples = (self._path.read_bytes(), *self.parser.examples)
        return self

    def __exit__(self, *exception: object) -> None:
        shutil.rmtree(self.folder)

    def refusal(self, data: bytes) -> str | None:
        """What the parser says against the bytes, None if it takes them; its faults are raised."""
        self._path.write_bytes(data)
        try:
            self.parser.read(self.folder)
        except InputError as error:
            message = str(error)
        else:
            return None
        assert self.parser.refuses, f"raised {message!r}"
        place = str(self.folder) if self.parser.place is None else self.parser.place
        assert place in message, f"no place in {message!r}"
        assert "\n" not in message, f"two lines: {message!r}"
        assert len(message) <= LONGEST_REFUSAL, f"{len(message)} characters: {message[:200]!r}"
        return message
