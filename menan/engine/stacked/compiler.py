"""The CPU kernels, compiled on first use by the machine's C++ compiler and kept in a cache.

Without a compiler there are no kernels; PyTorch's operations stand in for them.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from menan.files.atomic import atomic_path

SOURCES = Path(__file__).with_name("kernels")
COMPILERS = ("c++", "g++", "clang++")
FLAGS = [
    *("-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno"),
    *("-fopenmp", "-fPIC", "-shared", "-Wno-psabi"),
]
if platform.machine() == "x86_64":
    FLAGS.append("-mprefer-vector-width=512")  # GCC halves the vectors of many processors


@cache
def kernels(double: bool = False) -> ctypes.CDLL | None:
    """The compiled kernels for float32, or for float64; None, having said why, without them."""
    compiler = os.environ.get("CXX") or next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        return _without(f"no C++ compiler ({', '.join(COMPILERS)}) was found")
    command = [compiler, *FLAGS, *(["-DDOUBLE"] if double else [])]
    try:
        library = _cache() / f"kernels-{_digest(command)}.so"
        if not library.exists():
            with atomic_path(library) as beside:
                subprocess.run(
                    [*command, str(SOURCES / "all.cc"), "-o", str(beside)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
        _keep_freed_memory()
        return ctypes.CDLL(str(library))
    except subprocess.CalledProcessError as error:
        first = (error.stderr.strip().splitlines() or ["no message"])[0]
        return _without(f"{compiler} failed: {first}")
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home directory
        return _without(f"{error}")


def _keep_freed_memory() -> None:
    """Have glibc keep what is freed, for this process.

    A step frees and asks again for the same large buffers; handed back to the system in between,
    they are zeroed page by page each time, which takes a fifth of the step.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(-1, -1)  # M_TRIM_THRESHOLD: never
        mallopt(-4, 0)  # M_MMAP_MAX: no buffer by a mapping of its own


def _without(reason: str) -> ctypes.CDLL | None:
    print(
        f"menan: no CPU kernels ({reason}); PyTorch's own operations train several times slower",
        file=sys.stderr,
    )
    return None


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "menan"


def _digest(command: list[str]) -> str:
    """Of all that decides the code: sources, compiler, flags and processor.

    A home directory may be shared by machines that are not alike.
    """
    version = subprocess.run([command[0], "--version"], capture_output=True, text=True).stdout
    parts = [*command, version, platform.machine(), _processor()]
    for pattern in ("*.h", "*.cc"):
        parts += [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob(pattern))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """What the processor can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
