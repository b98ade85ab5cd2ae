"""The CPU kernels, compiled on first use by the machine's C++ compiler and kept in a cache.

Plain ctypes and one call of the compiler need no headers of torch, no ninja and about one second;
an extension of torch would bring its autograd, which :mod:`.cpu_kernels` writes itself. Without a
compiler PyTorch's own operations are used.
"""

import ctypes
import hashlib
import os
import platform
import shlex
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
    """The compiled kernels for float32 or float64. Without them None, and a line on stderr."""
    compiler = _compiler()
    if not compiler:
        return _without(f"no C++ compiler ({', '.join(COMPILERS)}) was found")
    command = [*compiler, *FLAGS, *(["-DDOUBLE"] if double else [])]
    try:
        library = _cache() / f"kernels-{_digest(compiler, command)}.so"
        if not library.exists():
            with atomic_path(library) as beside:
                subprocess.run(
                    [*command, str(SOURCES / "all.cc"), "-o", str(beside)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
        return ctypes.CDLL(str(library))
    except subprocess.CalledProcessError as error:
        first = (error.stderr.strip().splitlines() or ["no message"])[0]
        return _without(f"{compiler[0]} failed: {first}")
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home directory
        return _without(f"{error}")


def keep_freed_memory() -> None:
    """Let glibc keep freed memory for the rest of this process; for programs that train.

    A step frees and requests the same large buffers again. If they went back to the system in
    between, zeroing their pages would take a fifth of the step.
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


def _compiler() -> list[str]:
    """The compiler's command: CXX, which may have arguments ("ccache g++"), or one on the PATH."""
    if chosen := os.environ.get("CXX"):
        return shlex.split(chosen)
    return list(filter(None, map(shutil.which, COMPILERS)))[:1]


def _digest(compiler: list[str], command: list[str]) -> str:
    """Digest of all that decides the machine code: sources, compiler, flags and processor.

    Different machines may share a home directory.
    """
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True).stdout
    parts = [*command, version, platform.machine(), _processor()]
    for pattern in ("*.h", "*.cc"):
        parts += [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob(pattern))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """The instruction sets of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
