"""Speed of the engine for Table 1 against the plain loop, one model by PyTorch's own modules.

Everything is timed in one process in interleaved rounds, and medians are compared. The plain loop
runs with each number of threads and counts with its best; the engine chooses its threads by a trial
as menan-train does. Frames are noise in the shapes of the paper (14 s) and of RAVDESS (4 s):
batches of 16 utterances, 43 features, the four systems of Table 2.
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

from benchmarks.floor import adam_bytes, machine_bytes, machine_flops, step_flops
from benchmarks.machine import describe
from benchmarks.workload import BATCH, TRAINING, Workload
from menan.device import open_device
from menan.engine.stacked.compiler import keep_freed_memory
from menan.errors import InputError
from menan.model.network import build_network
from menan.settings import MaxEntropySettings
from menan.training.objectives import make_objective
from menan.training.plain_loop import PlainLoop
from menan.training.run_state import RunState
from menan.training.thread_trial import choose_threads
from menan.training.trainer import Trainer
from menan_bin.command import main_of, new_app

SHORT, LONG = 4.0, 14.0  # seconds of input: RAVDESS, and the paper
# Table 2: four systems and five held-out sessions, 300 epochs of 22,123 utterances and copies.
TRAININGS, STEPS = 20, 414_800
EPOCH, EPOCHS = 5_760, 3  # four fifths of RAVDESS at five speeds

app = new_app()


@app.command()
def train(
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
    models: Annotated[str, typer.Option(help="Numbers of models side by side.")] = "1,4,8,16",
    rounds: Annotated[
        int, typer.Option(min=1, help="Rounds of every measurement, interleaved.")
    ] = 9,
    threads: Annotated[int, typer.Option(min=1, help="Most threads of the CPU.")] = 2,
    steps: Annotated[int, typer.Option(min=1, help="Steps for the projection of Table 2.")] = 500,
    utterances: Annotated[
        int,
        typer.Option(min=BATCH, help="Utterances of the epochs outside of whose steps is timed."),
    ] = EPOCH,
) -> None:
    """Time the engine against the plain loop, and print markdown tables.

    Example: python -m benchmarks.train --device cpu > benchmarks/train_cpu.md
    """
    counts = [int(count) for count in models.split(",") if count.strip().isdecimal()]
    if 1 not in counts or 0 in counts:
        raise InputError(f"--models {models}: numbers from 1, with 1 among them")
    keep_freed_memory()  # as menan-train does
    where = open_device(device)
    if where.type == "cuda":
        counts = sorted({*counts, TRAININGS, 5 * TRAININGS})
    print(f"# Training speed on {where.type}: frames of noise in the shapes of the paper\n")
    print(
        f"{describe(where)}; at most {threads} threads; medians of {rounds} interleaved rounds. By"
    )
    print(f"`{shlex.join(['python', '-m', 'benchmarks.train', *sys.argv[1:]])}`.")
    ratios = {}
    for seconds in (SHORT, LONG):
        workload = Workload(seconds, where)
        each, used = time_all(workload, counts, threads, rounds)
        print(f"\n## Inputs of {seconds:g} s\n")
        print_steps(workload, each, used)
        plain = min(value for (models_, _), value in each.items() if models_ == 0)
        ratios[seconds] = {count: plain / each[count, used[count]] for count in counts}
    print("\n## Targets\n\n| | must | aim | measured |\n| :-- | --: | --: | --: |")
    rows = cpu_rows(ratios) if where.type == "cpu" else gpu_rows(ratios[LONG], where, steps)
    for row in rows:
        print("| " + " | ".join(row) + " |")
    best = min(max(ratios[SHORT], key=ratios[SHORT].get), TRAININGS)
    outside = epoch_overhead(Workload(SHORT, where), best, used[best], utterances)
    print(f"| share of an epoch outside the steps, 4 s, {best} models | ≤ 5 % | ≤ 2 % |", end="")
    print(f" {100 * outside:.1f} % |")


def cpu_rows(ratios: dict[float, dict[int, float]]) -> list[tuple[str, ...]]:
    short, long = ratios[SHORT], ratios[LONG]
    best, longest = max(short, key=short.get), max(long, key=long.get)
    return [
        (f"4 s, {best} models side by side, the best", "10×", "15×", f"{short[best]:.1f}×"),
        ("4 s, one model", "5×", "8×", f"{short[1]:.1f}×"),
        (f"14 s, {longest} models side by side, the best", "12×", "16×", f"{long[longest]:.1f}×"),
    ]


def gpu_rows(ratios: dict[int, float], device: torch.device, steps: int) -> list[tuple[str, ...]]:
    workload = Workload(LONG, device)
    step = engine_step(workload, TRAININGS)
    timed(step, 20, device)
    minutes = STEPS * timed(step, steps, device) / 60
    ratio = ratios[TRAININGS] / ratios[5 * TRAININGS]
    return [
        ("14 s, 20 models", "30×", "60×", f"{ratios[TRAININGS]:.1f}×"),
        (f"all of Table 2, from {steps} steps", "30 min", "10 min", f"{minutes:.1f} min"),
        ("14 s, cost per model of 100 models against 20", "≤ 1×", "0.6×", f"{ratio:.2f}×"),
    ]


def print_steps(
    workload: Workload, each: dict[tuple[int, int], float], used: dict[int, int]
) -> None:
    """One line per measurement; key (0, threads) is the plain loop."""
    plain = min(seconds for (models, _), seconds in each.items() if models == 0)
    flops, moved = sum(step_flops(workload).values()), adam_bytes(workload)
    on_cpu = workload.device.type == "cpu"
    floors = {
        threads: flops / machine_flops(threads) + moved / machine_bytes(threads)
        for threads in dict.fromkeys(threads for _, threads in each)
        if on_cpu
    }
    print(
        "| models side by side | threads | ms per model-step | floor, ms | against the plain loop |"
    )
    print("| :-- | --: | --: | --: | --: |")
    for (models, threads), seconds in each.items():
        floor = f"{1e3 * floors[threads]:.2f}" if floors else "–"
        cells = (str(models or "plain loop"), str(threads), f"{1e3 * seconds:.2f}", floor)
        print(f"| {' | '.join(cells)} | {plain / seconds:.1f}× |")
    if on_cpu:
        speeds = [f"{machine_flops(t) / 1e9:.0f} GFLOP/s with {t}" for t in floors]
        print(
            f"\nFloor: {flops / 1e9:.2f} GFLOP a step at the speed of a product of large matrices,"
        )
        print(f"{' and '.join(speeds)} threads, and {moved / 1e6:.1f} MB that Adam moves.")


def time_all(
    workload: Workload, counts: list[int], threads: int, rounds: int
) -> tuple[dict[tuple[int, int], float], dict[int, int]]:
    """Median seconds per model-step by (models, threads), and the threads of the engine by models.

    0 models stands for the plain loop.
    """
    on_cpu = workload.device.type == "cpu"
    plain = plain_step(workload)
    steps = {(0, n): plain for n in (sorted({1, threads}) if on_cpu else (1,))}
    used = {}
    for count in counts:
        torch.set_num_threads(threads)
        step = engine_step(workload, count)
        if on_cpu:
            choose_threads(step)
        used[count] = torch.get_num_threads() if on_cpu else 1
        steps[count, used[count]] = step
    seconds: dict[tuple[int, int], list[float]] = {key: [] for key in steps}
    for round_ in range(rounds + 1):
        for (count, own), step in steps.items():
            torch.set_num_threads(own)
            took = timed(step, 3, workload.device) / max(count, 1)
            if round_ > 0:  # the first one warms up
                seconds[count, own].append(took)
    return {key: statistics.median(values) for key, values in seconds.items()}, used


def timed(step: Callable[[], object], times: int, device: torch.device) -> float:
    """Mean seconds of a call until the device has finished."""
    _finish(device)
    started = time.perf_counter()
    for _ in range(times):
        step()
    _finish(device)
    return (time.perf_counter() - started) / times


def plain_step(workload: Workload) -> Callable[[], object]:
    network = build_network(workload.shape, 0).to(workload.device)
    loop = PlainLoop(network, make_objective(MaxEntropySettings()), TRAINING, 10**6)

    def step() -> None:
        batch = workload.batch(1)
        features, lengths = network.encoder.read(
            workload.store, batch.index[0], workload.features.rows
        )
        loop.update(features, lengths, batch.emotions[0], batch.speakers[0])

    return step


def engine_step(workload: Workload, models: int) -> Callable[[], object]:
    lockstep = workload.lockstep(models)
    return lambda: lockstep.update(workload.batch(models))


def epoch_overhead(workload: Workload, models: int, threads: int, utterances: int) -> float:
    """Share of a training's time outside its steps: batches, evaluation, log, files."""
    torch.set_num_threads(threads)
    in_steps = 0.0
    with tempfile.TemporaryDirectory() as directory:
        runs = [
            workload.run(seed, utterances, EPOCHS, Path(directory, str(seed)))
            for seed in range(models)
        ]
        for run in runs:
            run.directory.mkdir()
        trainer = Trainer([RunState(run) for run in runs], workload.device)
        trainer._report = lambda *arguments: None  # only the tables go to stdout
        update = trainer.lockstep.update

        def watched(*arguments):
            nonlocal in_steps
            _finish(workload.device)
            started = time.perf_counter()
            result = update(*arguments)
            _finish(workload.device)
            in_steps += time.perf_counter() - started
            return result

        trainer.lockstep.update = watched
        started = time.perf_counter()
        trainer.fit(EPOCHS)
        return 1 - in_steps / (time.perf_counter() - started)


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


main = main_of(app, "benchmarks.train")

if __name__ == "__main__":
    main()
