"""The device that a command's ``--device`` names, and the threads of the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from menan.errors import InputError


def open_device(name: str) -> torch.device:
    """``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        InputError: another name, or a GPU that this machine does not have.
    """
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and (kind == "cpu" or not number.isdecimal())):
        raise InputError(f"--device {name}: unknown device; choose cpu, cuda or cuda:N")
    if kind == "cuda":
        found = torch.cuda.device_count()
        if found == 0:
            raise InputError(f"--device {name}: no usable GPU found; use --device cpu")
        if number and int(number) >= found:
            raise InputError(
                f"--device {name}: no such GPU; choose from cuda:0 to cuda:{found - 1}"
            )
    return torch.device(name)


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread of PyTorch, since the number of threads changes sums in the last bit.

    Decorates the functions whose results must be the same to the bit on every machine.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
