"""Which runs are trained side by side, so that the device's memory holds them."""

from collections.abc import Sequence

import torch

from menan.engine.stacked.compiler import kernels
from menan.errors import InputError
from menan.memory import free_bytes
from menan.training.plan import RunData
from menan.training.run_state import Record
from menan.training.trainer import Trainer

# On a CPU more models share little: what they share is the work between the kernels.
CPU_MODELS = 20
# Memory is not all there for us, nor for tensors only.
SHARE = 0.7


def train_together(
    runs: Sequence[RunData], device: torch.device, models_at_once: int | None, tensorboard: bool
) -> None:
    """Train runs to their last epoch, as many side by side as fit.

    Args:
        models_at_once: None for what the device's free memory allows.

    Raises:
        InputError: less than one model at once, or a checkpoint that cannot be read.
    """
    if models_at_once is not None and models_at_once < 1:
        raise InputError(f"--models-at-once {models_at_once}: at least one")
    records = [Record(run, tensorboard) for run in runs]
    for record in records:
        if record.finished:
            print(f"{record.data.run.name}: already trained")
    todo = [record for record in records if not record.finished]
    if not todo:
        return
    size = models_at_once or fitting(runs[0], device)
    print(f"{len(todo)} models to train, {min(size, len(todo))} side by side")
    for begin in range(0, len(todo), size):
        _train(todo[begin : begin + size], device)


def _train(records: Sequence[Record], device: torch.device) -> None:
    """Train to the end; those that an interruption left behind catch up first."""
    while unfinished := [record for record in records if not record.finished]:
        positions = sorted({record.position for record in unfinished})
        # Those in the midst of an epoch finish it, which brings them to where others may be.
        until = unfinished[0].data.training.epochs if len(positions) == 1 else positions[0][0] + 1
        behind = [record for record in unfinished if record.position == positions[0]]
        Trainer(behind, device).fit(until)


def fitting(run: RunData, device: torch.device) -> int:
    """How many models a device's free memory holds in a step."""
    on_cpu = device.type == "cpu"
    each = step_bytes(
        run.training.batch_size,
        run.features.rows,
        run.features.dims,
        with_kernels=on_cpu and kernels() is not None,
    )
    fit = max(1, int(SHARE * free_bytes(device) // each))
    return min(CPU_MODELS, fit) if on_cpu else fit


def step_bytes(batch: int, frames: int, dims: int, with_kernels: bool) -> int:
    """What one model holds in memory when its backward pass begins, in bytes of float32.

    Args:
        with_kernels: whether the CPU kernels cut the windows, or PyTorch copies them out.
    """
    first = (frames - 10) // 2 + 1
    second = (first - 5) // 2 + 1
    convolved = 2 * 32 * (first + second)  # before and after the PReLU
    recurrent = (96 + 32 + 4 * 32 + 2 * 32) * second  # gates, hidden, what backward reads, linear
    gradients = 2 * 32 * first + (96 + 32 + 32) * second
    copies = 0 if with_kernels else 10 * dims * first + 2 * 5 * 32 * second
    return 4 * batch * (frames * dims + convolved + recurrent + gradients + copies)
