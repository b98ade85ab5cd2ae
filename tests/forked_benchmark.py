"""A benchmark whose commands are forks of its own process: they need not import PyTorch each.

    python -m tests.forked_benchmark load --utterances 400

It prints what ``python -m benchmarks.load --utterances 400`` prints. Jobs of a dump run one after
the other, and generated utterances of benchmarks.scaling are shorter.
"""

import importlib
import os
import sys
import time
from pathlib import Path

from benchmarks import features, load, scaling
from menan.corpora.synthetic.lengths import Lengths
from menan.errors import InputError
from menan_bin import menan_dump
from tests.late_imports import late_imports


def run(name: str, arguments: list[str | Path], work: Path) -> load.Cost:
    """As :func:`benchmarks.load.run`, in a fork."""
    command = importlib.import_module(f"menan_bin.menan_{name.split()[0]}")
    start = time.perf_counter()
    fork = os.fork()
    if fork == 0:
        sys.argv = [name, *map(str, arguments)]
        with open(work / "printed", "w", encoding="utf-8") as printed:
            os.dup2(printed.fileno(), 1)
        try:
            command.main()
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(int(end.code or 0))
        os._exit(1)
    _, status, usage = os.wait4(fork, 0)
    if status != 0:
        raise InputError(f"{name}: status {status}")
    return load.Cost(time.perf_counter() - start, 1024 * usage.ru_maxrss)


if __name__ == "__main__":
    for late in late_imports():
        importlib.import_module(late)
    load.run = scaling.run = features.run = run
    scaling.LENGTHS = Lengths(2.0, 3.0)
    menan_dump.LAUNCHER = ()
    benchmark = sys.argv.pop(1)
    {"features": features, "load": load, "scaling": scaling}[benchmark].main()
