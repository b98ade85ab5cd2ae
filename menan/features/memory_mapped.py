"""Tensors on a disk: files mapped into memory, of which the kernel keeps there what fits."""

import mmap
import os
import shutil
import tempfile
from pathlib import Path

import torch

from menan.errors import InputError
from menan.memory import gigabytes


def mapped_tensor(directory: Path, rows: int, columns: int, dtype: torch.dtype) -> torch.Tensor:
    """An empty tensor, (rows, columns), in a file without a name (Linux).

    The file's space goes back to the disk with the process, whatever ends that. Its pages are the
    kernel's cache: they are none of the process's own memory, and give way to others.

    Args:
        directory: on a local disk; made if missing.

    Raises:
        InputError: a disk without the room, or a directory in which no file can be made or mapped.
    """
    size = rows * columns * dtype.itemsize
    try:
        directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(directory).free
        if size > free:
            raise InputError(
                f"{directory}: the frames take {gigabytes(size)}, and {gigabytes(free)} are free "
                "on its disk; name a directory with more room by --store, or dump fewer utterances"
            )
        with tempfile.TemporaryFile(dir=directory) as file:
            # Were the disk to fill up while pages are written, SIGBUS would end the process.
            os.posix_fallocate(file.fileno(), 0, size)
            mapping = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise InputError(
            f"{directory}: no file of {gigabytes(size)} for the frames can be made in it "
            f"({error.strerror}); name another directory by --store"
        ) from None
    return torch.frombuffer(mapping, dtype=dtype).view(rows, columns)
