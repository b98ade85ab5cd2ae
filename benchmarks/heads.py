"""Speed of heads on pretrained features: many models side by side against one after another.

Frames are noise in the shapes of RAVDESS on Whisper base; models, objectives, seeds and held-out
groups are those of its recipe. Both sides draw the same batches and dropout masks. All is timed in
one process in interleaved rounds, and medians are compared, each with the better number of threads.
"""

import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import heads_workload
from benchmarks.machine import describe
from menan.engine.stacked.compiler import keep_freed_memory
from menan.model.network import Network
from menan.training.plain_loop import train_plainly
from menan.training.plan import RunData
from menan.training.run_state import RunState, initial_network
from menan.training.trainer import Trainer
from menan_bin.command import main_of, new_app

CPU = torch.device("cpu")
THREADS = (1, 2)
LISTED = 12  # operations of the profile
ADAM_MOVES = 7  # reads of parameter, gradient and two moments; writes of all but the gradient

app = new_app()


@app.command()
def heads(
    head: Annotated[str, typer.Option(metavar="pooled|attentive", help="The head.")] = "pooled",
    models: Annotated[int, typer.Option(min=1, help="Models side by side.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of one epoch, interleaved.")] = 5,
    utterances: Annotated[
        int, typer.Option(min=1, help="Utterances per speaker, before speed copies.")
    ] = heads_workload.UTTERANCES,
    epochs: Annotated[
        int, typer.Option(min=1, help="Epochs of the whole training of which shares are told.")
    ] = 4,
) -> None:
    """Time the training of a head on noise, and print markdown tables.

    Example: python -m benchmarks.heads --head attentive --models 20
    """
    workload = {"pooled": heads_workload.pooled, "attentive": heads_workload.attentive}[head](
        utterances
    )
    keep_freed_memory()  # as menan-train does
    where = describe(CPU)
    with tempfile.TemporaryDirectory(prefix="heads-") as folder:
        runs = workload.runs(models, Path(folder, "timed"))
        seconds = time_all(runs, rounds)
        outside = outside_steps(workload.runs(models, Path(folder, "whole")), epochs)
        operations = operations_of_a_step(workload.runs(models, Path(folder, "profiled")))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"## `{head}`: {models} models, {len(runs[0].train)} utterances each\n")
    print(f"{where}; medians of {rounds} interleaved rounds. By")
    print(f"`{shlex.join(['python', '-m', 'benchmarks.heads', *sys.argv[1:]])}`.\n")
    print("\n".join(table(medians, runs, outside)))
    print("\n".join(operations))


def time_all(runs: list[RunData], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Seconds per model-step in each round, by side and number of threads."""
    loops = {threads: initial_network(runs[0]) for threads in THREADS}
    trainers = {threads: timed_trainer(runs) for threads in THREADS}
    seconds: dict[tuple[str, int], list[float]] = {}
    for round_ in range(rounds + 1):
        for threads in THREADS:
            torch.set_num_threads(threads)
            took = {
                ("plain loop", threads): plain_epoch(runs[0], loops[threads]),
                (f"{len(runs)} side by side", threads): engine_epoch(*trainers[threads]),
            }
            for name, value in took.items():
                if round_ > 0:  # the first one warms up
                    seconds.setdefault(name, []).append(value)
    return seconds


def plain_epoch(run: RunData, network: Network) -> float:
    """Mean seconds of a step of one model in the plain loop, with its batches and masks."""
    began = time.perf_counter()
    train_plainly(run, network, epochs=1)
    return (time.perf_counter() - began) / steps_of(run)


def timed_trainer(runs: list[RunData]) -> tuple[Trainer, dict[str, float]]:
    """A trainer that notes the seconds of its steps, and of all training within its epochs."""
    for run in runs:
        run.directory.mkdir(parents=True, exist_ok=True)
    trainer, spent = Trainer([RunState(run) for run in runs], CPU), {"step": 0.0, "epoch": 0.0}

    def watched(name: str, function: Callable) -> Callable:
        def call(*arguments, **options):
            began = time.perf_counter()
            result = function(*arguments, **options)
            spent[name] += time.perf_counter() - began
            return result

        return call

    trainer.lockstep.update = watched("step", trainer.lockstep.update)
    trainer._train_epoch = watched("epoch", trainer._train_epoch)
    trainer._report = lambda *arguments: None  # only tables go to stdout
    return trainer, spent


def engine_epoch(trainer: Trainer, spent: dict[str, float]) -> float:
    """Mean seconds of a model-step within one more epoch, with batches, masks and sums."""
    before = spent["epoch"]
    trainer.fit(trainer.epoch + 1)
    return (spent["epoch"] - before) / sum(map(steps_of, trainer.runs))


def outside_steps(runs: list[RunData], epochs: int) -> dict[str, float]:
    """Shares of the time of a whole training, by what it is spent for."""
    torch.set_num_threads(max(THREADS))
    trainer, spent = timed_trainer(runs)
    began = time.perf_counter()
    trainer.fit(epochs)
    whole = time.perf_counter() - began
    return {
        "batches, masks and sums of the log": (spent["epoch"] - spent["step"]) / whole,
        "held-out posteriors, model files and checkpoints": 1 - spent["epoch"] / whole,
    }


def steps_of(run: RunData) -> int:
    return -(-len(run.train) // run.training.batch_size)


def operations_of_a_step(runs: list[RunData]) -> list[str]:
    """A table of the operations that take most of a step's time."""
    torch.set_num_threads(1)  # with more, time would be counted in each
    trainer, _ = timed_trainer(runs)
    trainer.fit(1)
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        trainer.fit(2)
    steps = sum(map(steps_of, runs)) / len(runs)
    events = sorted(watched.key_averages(), key=lambda event: -event.self_cpu_time_total)
    whole = sum(event.self_cpu_time_total for event in events)
    lines = ["", "| operation, one thread | calls per step | ms per step | share |"]
    lines.append("| :-- | --: | --: | --: |")
    for event in events[:LISTED]:
        each = event.self_cpu_time_total / 1e3 / steps
        share = event.self_cpu_time_total / whole
        calls = event.count / steps
        lines.append(f"| `{event.key}` | {calls:.1f} | {each:.2f} | {100 * share:.1f} % |")
    return lines


def table(
    medians: dict[tuple[str, int], float], runs: list[RunData], outside: dict[str, float]
) -> list[str]:
    """Times per model-step, the least that they could be, and shares."""
    batch = runs[0].training.batch_size
    best = min(value for (side, _), value in medians.items() if side == "plain loop")
    lines = ["| | threads | ms per model-step | utterances/s | against the plain loop |"]
    lines.append("| :-- | --: | --: | --: | --: |")
    for (side, threads), value in medians.items():
        rates = f"{1e3 * value:.2f} | {batch / value:.0f} | {best / value:.2f}"
        lines.append(f"| {side} | {threads} | {rates} |")
    lines += ["", "| of a whole training | share |", "| :-- | --: |"]
    lines += [f"| {name} | {100 * share:.1f} % |" for name, share in outside.items()]
    return [*lines, "", *floor(runs[0])]


def floor(run: RunData) -> list[str]:
    """What this machine needs at least for a model-step: its arithmetic, and what Adam moves."""
    torch.set_num_threads(max(THREADS))
    network = initial_network(run)
    with FlopCounterMode(display=False) as counted:
        train_plainly(run, network, epochs=1)
    flops = counted.get_total_flops() / steps_of(run)
    moved = ADAM_MOVES * sum(part.nbytes for part in network.parameters())
    square = torch.randn(2048, 2048)
    speed = 2 * 2048**3 / fastest(lambda: square @ square)
    left, right, out = torch.zeros(3, 2**26)
    width = 3 * left.nbytes / fastest(lambda: torch.add(left, right, out=out))
    return [
        f"At least, on {max(THREADS)} threads: {flops / 1e6:.0f} MFLOP of matrix products at "
        f"{speed / 1e9:.0f} GFLOP/s are {1e3 * flops / speed:.2f} ms; {moved / 1e6:.1f} MB that "
        f"Adam moves at {width / 1e9:.0f} GB/s are {1e3 * moved / width:.2f} ms.",
    ]


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some calls."""
    seconds = []
    for _ in range(7):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


main = main_of(app, "benchmarks.heads")

if __name__ == "__main__":
    main()
