"""Files whose names a table writes in another way than the disk: case, Unicode, backslashes."""

import unicodedata
from functools import lru_cache
from pathlib import Path

from menan.files.regular import is_file


def find_file(folder: Path, name: str) -> Path:
    """The file of a name in a table; the path as it is written where nothing fits.

    A macOS writes the letter e with an acute accent as two characters, other systems as one; it and
    Windows do not tell a.wav from A.WAV; tables made on Windows have backslashes. The name as it is
    written comes first, then the one that differs least.

    Args:
        folder: relative names begin here.
    """
    path = folder / name
    if is_file(path):
        return path
    if "\\" in name and is_file(slashed := folder / name.replace("\\", "/")):
        return slashed
    for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
        if (found := _normalised(folder, spelling)) is not None:
            return found
    return path


def _normalised(folder: Path, name: str) -> Path | None:
    """The file whose path is the same letters, part by part, in the same case if there is one."""
    found = Path("/") if Path(name).is_absolute() else folder
    for part in Path(name).parts:
        if part in ("/", ".."):
            found = found / part
            continue
        form = unicodedata.normalize("NFC", part)
        names = _entries(found).get(form.casefold(), ())
        names = tuple(n for n in names if unicodedata.normalize("NFC", n) == form) or names
        if len(names) != 1:  # none, or two files that only their form or case tells apart
            return None
        found = found / names[0]
    return found if is_file(found) else None


@lru_cache(maxsize=64)
def _entries(folder: Path) -> dict[str, tuple[str, ...]]:
    """Names in a folder, by their composed form in small letters."""
    names: dict[str, tuple[str, ...]] = {}
    try:
        for path in folder.iterdir():
            form = unicodedata.normalize("NFC", path.name).casefold()
            names[form] = (*names.get(form, ()), path.name)
    except OSError:
        return {}
    return names
