"""How much memory is free for this process, on the machine or on a GPU."""

from pathlib import Path, PurePosixPath

import psutil
import torch

_MEMBERSHIP = Path("/proc/self/cgroup")
_MOUNTED = Path("/sys/fs/cgroup")


def free_bytes(device: str | torch.device) -> int:
    """Bytes that can be allocated on a device now, without swapping.

    On the CPU: free pages and those of the page cache that can be given back, and no more than
    the control group (version 2) of a batch job or a container allows.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min([psutil.virtual_memory().available, *_group_bytes()])


def gigabytes(size: float) -> str:
    """Bytes for a reader.

    >>> gigabytes(12_345_678_900)
    '12.35 GB'
    """
    return f"{size / 1e9:.2f} GB"


def _group_bytes() -> list[int]:
    """What our control group and those around it leave us; nothing of one without a limit.

    Linux, Documentation/admin-guide/cgroup-v2.rst: a limit holds for all groups below it.
    """
    try:
        lines = _MEMBERSHIP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []  # not Linux
    # Version 2 is the hierarchy 0; those of version 1 have other numbers.
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None:
        return []
    left = [_left(_MOUNTED / group) for group in (PurePosixPath(own), *PurePosixPath(own).parents)]
    return [size for size in left if size is not None]


def _left(group: Path) -> int | None:
    """Limit less use, in bytes; None where there is no limit."""
    try:
        limit = (group / "memory.max").read_text(encoding="utf-8").strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        stat = (group / "memory.stat").read_text(encoding="utf-8")
    except OSError:
        return None  # the root has none
    counts = dict(line.split() for line in stat.splitlines())
    # The page cache counts as used, and is given back when memory is asked for.
    cache = int(counts["active_file"]) + int(counts["inactive_file"])
    return max(0, int(limit) - used + cache)
