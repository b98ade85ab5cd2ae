"""Where a step of the engine for Table 1 spends its time, as a markdown table.

Each kernel is timed from its call to its return; the rest is PyTorch and Python: losses, autograd,
batches. Below stand the operations of each layer, as benchmarks/floor.py counts them.
"""

import shlex
import statistics
import sys
import time
from typing import Annotated, Any

import torch
import typer

from benchmarks.floor import adam_bytes, step_flops
from benchmarks.machine import describe
from benchmarks.workload import Workload
from menan.engine.stacked import cpu_kernels
from menan.engine.stacked.compiler import keep_freed_memory
from menan_bin.command import main_of, new_app

KERNELS = {
    "encoder_forward": "encoder, forward",
    "encoder_backward": "encoder, backward",
    "head_forward": "both classifiers, forward",
    "head_backward": "both classifiers, backward",
    "adam": "Adam",
}
REST = "PyTorch and Python"

app = new_app()


@app.command()
def profile(
    seconds: Annotated[float, typer.Option(help="Length of the input.")] = 4.0,
    models: Annotated[int, typer.Option(min=1, help="Models side by side, besides one.")] = 16,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the CPU.")] = 1,
    steps: Annotated[int, typer.Option(min=1, help="Steps of which the median is taken.")] = 40,
) -> None:
    """Time the parts of a training step, and print markdown tables.

    Example: python -m benchmarks.profile_step --threads 2
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    workload = Workload(seconds, torch.device("cpu"))
    print(
        f"{describe()}; inputs of {seconds:g} s, {threads} thread(s), medians of {steps} steps. By"
    )
    print(f"`{shlex.join(['python', '-m', 'benchmarks.profile_step', *sys.argv[1:]])}`.\n")
    alone, together = (parts(workload, count, steps) for count in (1, models))
    print(f"| part of a step, ms per model | one model | {models} models |\n| :-- | --: | --: |")
    for name in (*KERNELS.values(), REST):
        print(f"| {name} | {1e3 * alone[name]:.2f} | {1e3 * together[name]:.2f} |")
    print(f"| sum | {1e3 * sum(alone.values()):.2f} | {1e3 * sum(together.values()):.2f} |")
    print("\n| layer | GFLOP per model-step |\n| :-- | --: |")
    for name, flops in step_flops(workload).items():
        print(f"| {name} | {flops / 1e9:.3f} |")
    print(f"\nAdam moves {adam_bytes(workload) / 1e6:.1f} MB per model-step.")


def parts(workload: Workload, models: int, steps: int) -> dict[str, float]:
    """Median seconds per model of each part of a step."""
    lockstep = workload.lockstep(models)
    spent: dict[str, float] = {}
    call = cpu_kernels._call

    def watched(parameters: torch.Tensor, name: str, *arguments: Any) -> None:
        started = time.perf_counter()
        call(parameters, name, *arguments)
        spent[KERNELS[name]] += time.perf_counter() - started

    cpu_kernels._call = watched
    rows = []
    for _ in range(steps + 2):
        batch = workload.batch(models)
        spent |= dict.fromkeys(KERNELS.values(), 0.0)
        started = time.perf_counter()
        lockstep.update(batch)
        whole = time.perf_counter() - started
        rows.append({**spent, REST: whole - sum(spent.values())})
    cpu_kernels._call = call
    return {name: statistics.median(row[name] for row in rows[2:]) / models for name in rows[0]}


main = main_of(app, "benchmarks.profile_step")

if __name__ == "__main__":
    main()
