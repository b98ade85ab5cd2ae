"""How fast a training step could be at best: its arithmetic and Adam's memory traffic."""

import time
from collections.abc import Callable

import torch

from benchmarks.workload import BATCH, Workload
from menan.model.network import build_network

ADAM_MOVES = 7  # parameters, gradients and both moments are read, all but the gradients written


def step_flops(workload: Workload) -> dict[str, float]:
    """Floating-point operations of a model's step by layer, forward and backward.

    Only windows that differ count: those of a short utterance begin again where it is repeated.
    The first convolution needs no gradient of its input. The heads are left out: 0.001 GFLOP.
    """
    rows, dims = workload.features.rows, workload.features.dims
    time_ = ((rows - 10) // 2 + 1 - 5) // 2 + 1  # steps of the GRU
    first = second = 0.0
    for period in workload.store.length.tolist():
        after = period // 2 if period % 2 == 0 else period  # distinct windows, if all are needed
        last = after // 2 if after % 2 == 0 else after
        second += min(last, time_) / len(workload.store.length)
        first += min(after, 2 * (min(last, time_) - 1) + 5) / len(workload.store.length)
    return {
        "first convolution": 2 * 2 * BATCH * first * 10 * dims * 32,
        "second convolution": 3 * 2 * BATCH * second * 5 * 32 * 32,
        "GRU, input": 3 * 2 * BATCH * second * 32 * 96,
        "GRU, recurrence": 3 * 2 * BATCH * time_ * 32 * 96,
        "linear layer": 3 * 2 * BATCH * time_ * 32 * 32,
    }


def adam_bytes(workload: Workload) -> int:
    """Bytes that Adam moves in a model's step."""
    network = build_network(workload.shape, 0)
    return 4 * ADAM_MOVES * sum(value.numel() for value in network.parameters())


def machine_flops(threads: int) -> float:
    """Operations a second of a product of large float32 matrices, the best of several."""
    a, b = torch.randn(2, 1536, 1536)
    return 2 * 1536**3 / _best(lambda: torch.mm(a, b), threads)


def machine_bytes(threads: int) -> float:
    """Bytes a second, read and written, of a copy that is larger than the caches."""
    a, b = torch.zeros(2, 2**25)
    return 2 * a.nbytes / _best(lambda: b.copy_(a), threads)


def _best(work: Callable[[], object], threads: int) -> float:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    seconds = []
    for _ in range(8):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    torch.set_num_threads(before)
    return min(seconds)
