"""The device that a command's ``--device`` names."""

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
