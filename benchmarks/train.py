"""Speed of the lock-step engine against the plain loop, one model by PyTorch's own modules.

Everything is timed in one process in interleaved rounds, and medians are compared; the printed
figures are ratios. Frames are noise in the paper's shapes: batches of 16 utterances repeated to
14 s, 43 features, the four systems of Table 2.
"""

import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks.machine import describe
from benchmarks.workload import (
    BATCH,
    FEATURES,
    SHAPE,
    TRAINING,
    draw_batch,
    make_lockstep,
    make_run,
    make_store,
)
from menan.device import open_device
from menan.engine.stacked.backends import operations
from menan.errors import InputError
from menan.model.network import build_network
from menan.settings import MaxEntropySettings
from menan.training.objectives import make_objective
from menan.training.plain_loop import PlainLoop
from menan.training.run_state import RunState
from menan.training.trainer import Trainer
from menan_bin.command import main_of, new_app

# Table 2: four systems and five held-out sessions, 300 epochs of 22,123 utterances and copies.
TRAININGS, STEPS, UTTERANCES = 20, 414_800, 22_123

app = new_app()


@app.command()
def train(
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
    models: Annotated[str, typer.Option(help="Numbers of models side by side.")] = "1,2,4,8,16",
    rounds: Annotated[
        int, typer.Option(min=1, help="Rounds of every measurement, interleaved.")
    ] = 7,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the CPU.")] = 2,
    steps: Annotated[int, typer.Option(min=1, help="Steps for the projection of Table 2.")] = 500,
    utterances: Annotated[
        int, typer.Option(min=BATCH, help="Utterances of the epoch whose overhead is measured.")
    ] = UTTERANCES,
) -> None:
    """Time the engine against the plain loop, and print a markdown table.

    Example: python -m benchmarks.train --device cpu > benchmarks/train_cpu.md
    """
    counts = [int(count) for count in models.split(",") if count.strip().isdecimal()]
    if 1 not in counts or 0 in counts:
        raise InputError(f"--models {models}: numbers from 1, with 1 among them")
    torch.set_num_threads(threads)
    where = open_device(device)
    print(f"# Training speed on {where.type}: frames of noise in the paper's shapes\n")
    print(f"{describe(where)}; {threads} threads; medians of {rounds} interleaved rounds. By")
    print(f"`{shlex.join(['python', '-m', 'benchmarks.train', *sys.argv[1:]])}`.\n")
    store = make_store(where)
    if where.type == "cuda":
        counts = sorted({*counts, TRAININGS, 5 * TRAININGS})
    each = time_all(counts, store, rounds)
    plain = each.pop(0)
    print("| models side by side | ms per model-step | utterances/s | against the plain loop |")
    print("|---|---|---|---|")
    print(f"| plain loop | {1e3 * plain:.2f} | {BATCH / plain:.0f} | 1 |")
    for count, seconds in each.items():
        row = f"| {count} | {1e3 * seconds:.2f} | {BATCH / seconds:.0f} |"
        print(f"{row} {plain / seconds:.1f} |")
    rows = gpu_rows(plain, each, store, steps) if where.type == "cuda" else cpu_rows(plain, each)
    print("\n| against the plain loop | must | aim | measured |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    best = min(each, key=each.get)
    outside, gather = epoch_overhead(store, min(best, TRAININGS), utterances)
    print(f"| share of an epoch outside the steps | ≤ 10 % | ≤ 3 % | {100 * outside:.1f} % |")
    print(
        f"| share of an epoch for gathering frames (part of the steps) | | | {100 * gather:.1f} % |"
    )


def cpu_rows(plain: float, each: dict[int, float]) -> list[tuple[str, ...]]:
    best = min(each, key=each.get)
    empty = "no GPU"
    return [
        (f"CPU, M = {best}, the best", "5×", "10×", f"{plain / each[best]:.1f}×"),
        ("CPU, M = 1", "3×", "6×", f"{plain / each[1]:.1f}×"),
        ("GPU, M = 20", "30×", "60×", empty),
        ("GPU, projected time for all of Table 2", "30 min", "10 min", empty),
        ("GPU, cost per model at M = 100 against M = 20", "≤ 1×", "0.6×", empty),
    ]


def gpu_rows(plain: float, each: dict[int, float], store, steps: int) -> list[tuple[str, ...]]:
    minutes = projected_minutes(store, steps)
    ratio = each[5 * TRAININGS] / each[TRAININGS]
    return [
        ("GPU, M = 20", "30×", "60×", f"{plain / each[TRAININGS]:.1f}×"),
        (f"GPU, all of Table 2, from {steps} steps", "30 min", "10 min", f"{minutes:.1f} min"),
        ("GPU, cost per model at M = 100 against M = 20", "≤ 1×", "0.6×", f"{ratio:.2f}×"),
    ]


def time_all(counts: list[int], store, rounds: int) -> dict[int, float]:
    """Median seconds per model-step, by number of models; 0 stands for the plain loop."""
    steps: dict[int, Callable[[], None]] = {0: plain_step(store)}
    steps |= {count: engine_step(count, store) for count in counts}
    seconds: dict[int, list[float]] = {count: [] for count in steps}
    for round_ in range(rounds + 1):
        for count, step in steps.items():
            took = timed(step, times=3, device=store.frames.device) / max(count, 1)
            if round_ > 0:  # the first one warms up
                seconds[count].append(took)
    return {count: statistics.median(values) for count, values in seconds.items()}


def timed(step: Callable[[], None], times: int, device: torch.device) -> float:
    """Mean seconds of a call until the device has finished."""
    _finish(device)
    started = time.perf_counter()
    for _ in range(times):
        step()
    _finish(device)
    return (time.perf_counter() - started) / times


def plain_step(store) -> Callable[[], None]:
    device = store.frames.device
    network = build_network(SHAPE, 0).to(device)
    loop = PlainLoop(network, make_objective(MaxEntropySettings()), TRAINING, 10**6)

    def step() -> None:
        batch = draw_batch(1, device)
        features, lengths = network.encoder.read(store, batch.index[0], FEATURES.rows)
        loop.update(features, lengths, batch.emotions[0], batch.speakers[0])

    return step


def engine_step(models: int, store) -> Callable[[], None]:
    lockstep = make_lockstep(models, store)
    return lambda: lockstep.update(draw_batch(models, store.frames.device))


def projected_minutes(store, steps: int) -> float:
    """Minutes for Table 2, projected from ``steps`` steps of 20 models after a warm-up."""
    step = engine_step(TRAININGS, store)
    timed(step, 20, store.frames.device)
    return STEPS * timed(step, steps, store.frames.device) / 60


def epoch_overhead(store, models: int, utterances: int) -> tuple[float, float]:
    """Shares of an epoch's time: outside the steps, and for gathering frames."""
    device = store.frames.device
    spent = {"step": 0.0, "gather": 0.0}

    def watched(name: str, function: Callable) -> Callable:
        def call(*arguments, **options):
            _finish(device)
            started = time.perf_counter()
            result = function(*arguments, **options)
            _finish(device)
            spent[name] += time.perf_counter() - started
            return result

        return call

    with tempfile.TemporaryDirectory() as directory:
        runs = [
            make_run(store, seed, utterances, Path(directory, str(seed))) for seed in range(models)
        ]
        for run in runs:
            run.directory.mkdir()
        trainer = Trainer([RunState(run) for run in runs], device)
        trainer._report = lambda *arguments: None  # only the table goes to stdout
        trainer.lockstep.update = watched("step", trainer.lockstep.update)
        ops = operations(device)
        trainer.engine.ops = replace(ops, gather=watched("gather", ops.gather))
        started = time.perf_counter()
        trainer.fit(1)
        whole = time.perf_counter() - started
    return 1 - spent["step"] / whole, spent["gather"] / whole


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


main = main_of(app, "benchmarks.train")

if __name__ == "__main__":
    main()
