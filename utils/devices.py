"""The GPUs of this machine, and how jobs share them."""

import os
import subprocess

if __package__:
    from menan_utils.call import CallError
else:  # called as a script
    from call import CallError


def visible_devices() -> list[str]:
    """The devices that CUDA_VISIBLE_DEVICES allows, or else all that nvidia-smi counts."""
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
    """CUDA_VISIBLE_DEVICES of each job that can have ``size`` devices of its own.

    Raises:
        CallError: there are fewer devices than one job wants.
    """
    devices = visible_devices()
    groups = [devices[n : n + size] for n in range(0, len(devices) - size + 1, size)]
    if not groups:
        raise CallError(
            f"--gpu {size}: {len(devices)} GPUs here (CUDA_VISIBLE_DEVICES, else nvidia-smi -L); "
            "leave --gpu out or take another machine"
        )
    return [",".join(group) for group in groups]
