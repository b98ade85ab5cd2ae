"""The number of CPU threads for a training, chosen by a short trial of its own step.

More threads are not always faster: a step of one small model may lose more by waiting for the other
threads than it gains, and other programs may use the cores.
"""

import statistics
import time
from collections.abc import Callable

import torch

SECONDS = 0.15  # after this, no further round of the trial begins
GAIN = 0.95  # more threads are used only if a step then takes at most this share of the time


def choose_threads(step: Callable[[], object]) -> str:
    """Set PyTorch's number of threads to the fastest one, at most what it is now.

    Args:
        step: does the work once; called several times.

    Returns:
        The choice and the times, in one line.
    """
    most = torch.get_num_threads()
    counts = sorted({2**power for power in range(most.bit_length())} | {most})
    rounds: dict[int, list[float]] = {count: [] for count in counts}
    if most > 1:
        step()  # the first one also allocates memory
        started = time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            for count in counts:
                torch.set_num_threads(count)
                began = time.perf_counter()
                step()
                rounds[count].append(time.perf_counter() - began)
    # The median, not the best: on a busy machine threads wait for each other in most steps.
    seconds = {count: statistics.median(taken or [0.0]) for count, taken in rounds.items()}
    chosen = 1
    for count in counts:
        if seconds[count] < GAIN * seconds[chosen]:
            chosen = count
    torch.set_num_threads(chosen)
    if most == 1:
        return "threads: 1"
    times = ", ".join(f"{count}: {1e3 * seconds[count]:.1f} ms" for count in counts)
    return f"threads: {chosen}, the fastest in a short trial (a step with {times})"
