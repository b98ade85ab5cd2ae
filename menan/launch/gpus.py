"""The GPUs of this machine and their distribution over jobs."""

import os
import subprocess

from menan.errors import InputError


def visible_devices() -> list[str]:
    """The devices in CUDA_VISIBLE_DEVICES; if that is not set, all that nvidia-smi lists."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [name for name in allowed.split(",") if name not in ("", "-1", "NoDevFiles")]
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    except OSError:
        return []
    cards = [line for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return [str(index) for index in range(len(cards))]


def device_groups(size: int) -> list[str]:
    """Disjoint groups of ``size`` devices, each a value for CUDA_VISIBLE_DEVICES.

    Raises:
        InputError: the machine has fewer than ``size`` devices.
    """
    devices = visible_devices()
    groups = [devices[n : n + size] for n in range(0, len(devices) - size + 1, size)]
    if not groups:
        raise InputError(
            f"--gpu {size}: this machine has {len(devices)} GPUs (counted by CUDA_VISIBLE_DEVICES "
            "or nvidia-smi -L); leave --gpu out or use another machine"
        )
    return [",".join(group) for group in groups]
