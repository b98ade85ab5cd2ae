"""Archives of NumPy, ``.npz``: arrays by name, of numbers or text. Nothing in them is unpickled."""

import stat
import zipfile
from pathlib import Path

import numpy as np

from menan.errors import InputError

_MOST_EXPANSION = 1100  # deflate cannot compress better: more is a damaged or malicious archive


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an archive, in its order.

    Raises:
        InputError: not such an archive, a damaged one, no arrays, an array of Python objects, or
            one that is not of numbers or text.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or device might never end
            raise InputError(f"{path}: not a regular file; name an archive of NumPy")
        arrays = _arrays(path)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read ({reason})") from None
    if not arrays:
        raise InputError(f"{path}: has no arrays; save the embeddings again")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiuUS":
            raise InputError(
                f"{path}: {name[:80]!r}: expected numbers or text, found {array.dtype}; save it as "
                "one of them"
            )
    return arrays


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                _refuse_lies(archive, member)
        with np.load(path, allow_pickle=False) as loaded:
            if len(set(loaded.files)) != len(members):
                raise ValueError("two arrays have one name")
            return {name: np.asarray(loaded[name]) for name in loaded.files}
    except OSError:
        raise
    except Exception as error:  # damaged headers make the readers raise nearly anything
        reason = " ".join(str(error).split())[:120]
        cure = "save it again by numpy.savez"
        if "pickle" in reason or "Object arrays" in reason:
            reason, cure = "it has Python objects", "save ids and labels as text: ids.astype(str)"
        raise InputError(f"{path}: not an archive of NumPy's arrays ({reason}); {cure}") from None


def _refuse_lies(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Before memory is reserved for it: an array that is larger than its bytes."""
    if member.file_size > _MOST_EXPANSION * (member.compress_size + 1):
        raise ValueError(f"{member.filename[:80]!r} expands too far")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{member.filename[:80]!r} has another version")
        shape, _, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("Object arrays")
    size = 1
    for length in shape:
        size *= int(length)
    if size * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename[:80]!r} is cut short")
