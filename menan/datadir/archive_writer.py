"""Writing Kaldi's binary matrices: ark files, and the scp tables that point into them."""

import re
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import kaldiio
import numpy as np

from menan.errors import InputError
from menan.files.atomic import atomic_open


class ArchiveWriter:
    """Writes ``<name>.ark`` and ``<name>.scp``, one matrix at a time, as a context manager.

    Both files appear when the block ends without an exception. The scp contains the absolute path
    of the ark, as with Kaldi's make_fbank.sh, so that it can be read from any directory.

    >>> import tempfile
    >>> from menan.datadir.archive import read_matrix, read_scp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ArchiveWriter(folder, "feats") as writer:
    ...         writer.write("a", np.ones((3, 2), np.float32))
    ...     read_matrix(read_scp(f"{folder}/feats.scp")["a"], "feats.scp:1").shape
    (3, 2)
    """

    def __init__(self, directory: str | Path, name: str):
        self._ark_path = Path(directory).absolute() / f"{name}.ark"
        self._scp_path = self._ark_path.with_name(f"{name}.scp")
        if re.search(r"[^\S ]", str(self._ark_path)):
            raise InputError(
                f"{str(self._ark_path)!r}: scp files cannot contain paths with tabs or line ends; "
                "use another"
            )

    def __enter__(self) -> "ArchiveWriter":
        with ExitStack() as opened:
            # Closed in reverse order: the scp appears last, when its ark is there.
            self._scp = opened.enter_context(atomic_open(self._scp_path))
            self._ark = opened.enter_context(atomic_open(self._ark_path, "wb"))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if kind is None:
            self.flush()
            # An scp file must not point into an archive that it does not belong to.
            self._scp_path.unlink(missing_ok=True)
        return self._opened.__exit__(kind, error, trace)

    def flush(self) -> None:
        """Write out buffers, so that a full disk is noticed before files are replaced."""
        self._ark.flush()
        self._scp.flush()

    def write(self, key: str, values: np.ndarray) -> None:
        """Append a float32 matrix (rows, columns), or a vector (n,); keys come sorted."""
        assert values.dtype == np.float32, values.dtype
        assert values.ndim in (1, 2), values.shape
        assert key.split() == [key], key
        offset = self._ark.tell() + len(f"{key} ".encode())
        kaldiio.save_ark(self._ark, {key: values})
        self._scp.write(f"{key} {self._ark_path}:{offset}\n")
