"""The order of the trainings: as many side by side as the device's memory holds."""

from collections.abc import Sequence

import torch

from menan.engine.choose import engine_for
from menan.errors import InputError
from menan.memory import free_bytes
from menan.training.plan import RunData
from menan.training.run_state import RunState
from menan.training.trainer import Trainer

# On a CPU more models gain little: only the overhead between kernel calls is shared.
CPU_MODELS = 20
# Share of the free memory that a step may fill; other programs and PyTorch itself need some.
STEP_FRACTION = 0.7


def train_together(
    runs: Sequence[RunData],
    device: torch.device,
    models_at_once: int | None,
    tensorboard: bool,
    threads: int | None = None,
) -> None:
    """Train runs to their last epoch, as many side by side as fit.

    Only runs with one kind of speaker classifier are trained side by side.

    Args:
        models_at_once: number of models; None for as many as the device's free memory allows.
        threads: number of CPU threads; None for the fastest in a short trial.

    Raises:
        InputError: less than one model at once or less than one thread, or a checkpoint that
            cannot be read.
    """
    if models_at_once is not None and models_at_once < 1:
        raise InputError(f"--models-at-once {models_at_once}: must be at least 1")
    if threads is not None and threads < 1:
        raise InputError(f"--threads {threads}: must be at least 1")
    states = [RunState(run, tensorboard) for run in in_order(runs)]
    for state in states:
        if state.finished:
            print(f"{state.data.run.name}: already trained")
    todo = [state for state in states if not state.finished]
    if not todo:
        return
    size = models_at_once or fitting(runs[0], device)
    print(f"{len(todo)} models to train, {min(size, len(todo))} side by side")
    exact = engine_for(runs[0].shape).exact_alone
    kept = {state.threads for state in todo if state.players is not None}
    if threads is None and not exact and len(kept) == 1:
        threads = kept.pop()  # the bits depend on it
    if threads is not None:
        torch.set_num_threads(threads)
        print(f"threads: {threads}")
    if not exact:
        print(
            "note: this encoder's results can differ in the last digits with the number of threads "
            "(it is written to the model cards) and with the models trained beside them"
        )
    choose = threads is None and device.type == "cpu"
    for alike in _by_speaker_classifier(todo):
        for begin in range(0, len(alike), size):
            _train(alike[begin : begin + size], device, choose)
            choose = False


def in_order(runs: Sequence[RunData]) -> list[RunData]:
    """Runs with the same batches are neighbours: an engine may read these once for all of them."""
    return sorted(runs, key=lambda data: (data.run.seed, data.run.group or ""))


def _by_speaker_classifier(states: Sequence[RunState]) -> list[list[RunState]]:
    groups: dict[object, list[RunState]] = {}
    for state in states:
        groups.setdefault(state.data.shape.speaker_classifier, []).append(state)
    return list(groups.values())


def _train(states: Sequence[RunState], device: torch.device, choose_threads: bool) -> None:
    """Train to the end; those that an interruption left behind catch up first."""
    while unfinished := [state for state in states if not state.finished]:
        positions = sorted({state.position for state in unfinished})
        # Runs in the middle of an epoch finish it first and then meet those at an epoch's end.
        until = unfinished[0].data.training.epochs if len(positions) == 1 else positions[0][0] + 1
        behind = [state for state in unfinished if state.position == positions[0]]
        trainer = Trainer(behind, device)
        if choose_threads:
            print(trainer.choose_threads())
            choose_threads = False
        if not trainer.engine.exact_alone:
            for state in behind:
                state.threads = torch.get_num_threads()
        trainer.fit(until)


def fitting(run: RunData, device: torch.device) -> int:
    """Number of models whose training steps fit into a device's free memory."""
    engine = engine_for(run.shape)
    each = engine.step_bytes(run.shape, run.training.batch_size, run.features.rows, device)
    fit = max(1, int(STEP_FRACTION * free_bytes(device) // each))
    return min(CPU_MODELS, fit) if device.type == "cpu" else fit
