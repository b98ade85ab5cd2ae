"""How much memory is free for this process, on the machine or on a GPU."""

from pathlib import Path, PurePosixPath

import psutil
import torch

_MEMBERSHIP = Path("/proc/self/cgroup")
_MOUNTED = Path("/sys/fs/cgroup")


def free_bytes(device: str | torch.device) -> int:
    """Bytes that can be allocated on a device now, without swapping.

    On the CPU this counts free pages and the page cache, which the system gives back on demand. It
    is at most what the control group (version 2) of a batch job or container allows.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min([psutil.virtual_memory().available, *_group_bytes()])


def gigabytes(size: float) -> str:
    """Bytes as text in gigabytes.

    >>> gigabytes(12_345_678_900)
    '12.35 GB'
    """
    return f"{size / 1e9:.2f} GB"


def _group_bytes() -> list[int]:
    """Bytes left in our control group and in each group around it that has a limit.

    A limit holds for all groups below it (Linux, Documentation/admin-guide/cgroup-v2.rst).
    """
    try:
        lines = _MEMBERSHIP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []  # not Linux
    # Version 2 has hierarchy number 0; hierarchies of version 1 have others.
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None:
        return []
    left = [_left(_MOUNTED / group) for group in (PurePosixPath(own), *PurePosixPath(own).parents)]
    return [size for size in left if size is not None]


def _left(group: Path) -> int | None:
    """Limit minus usage, in bytes; None without a limit."""
    try:
        limit = (group / "memory.max").read_text(encoding="utf-8").strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        stat = (group / "memory.stat").read_text(encoding="utf-8")
    except OSError:
        return None  # the root group has no limit
    counts = dict(line.split() for line in stat.splitlines())
    # The page cache counts as usage, although the system gives it back on demand.
    cache = int(counts["active_file"]) + int(counts["inactive_file"])
    return max(0, int(limit) - used + cache)
