"""Tensors on a disk: memory-mapped files, of which the kernel caches what fits into memory."""

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

    The disk space is freed when the process ends, however it ends. The pages belong to the
    kernel's cache: they do not count as memory of the process, and other programs can displace
    them.

    Args:
        directory: on a local disk; made if missing.

    Raises:
        InputError: not enough free space, or a directory in which no file can be made or mapped.
    """
    size = rows * columns * dtype.itemsize
    try:
        directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(directory).free
        if size > free:
            raise InputError(
                f"{directory}: the frames take {gigabytes(size)}, and {gigabytes(free)} are free "
                "on its disk; choose a directory with more space for --store, or dump fewer "
                "utterances"
            )
        with tempfile.TemporaryFile(dir=directory) as file:
            # Reserves the space: SIGBUS would end the process if the disk filled up later.
            os.posix_fallocate(file.fileno(), 0, size)
            mapping = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise InputError(
            f"{directory}: cannot create a file of {gigabytes(size)} there for the frames "
            f"({error.strerror}); choose another directory for --store"
        ) from None
    return torch.frombuffer(mapping, dtype=dtype).view(rows, columns)
