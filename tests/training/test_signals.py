"""Asked to stop, a training finishes its step and goes on later as if nothing had been."""

import os
import signal

import pytest
import torch

from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.training.checkpoint import CHECKPOINT, PREVIOUS_CHECKPOINT, load_checkpoint
from menan.training.lockstep import LockStep
from menan.training.signals import Stopped
from tests.training.test_trainer import assert_same_outputs
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")
QUICK = TrainingConfig(epochs=3, batch_size=5)  # four steps an epoch
RUNS = RunsConfig(objective=objectives("ec", "menan"), hold_out=("g01",))
DIRECTORIES = ("ec_seed0/g01", "menan_seed0/g01")


@pytest.fixture
def at_step(monkeypatch):
    """Have something happen within the n-th step of the next training."""

    def arrange(number, happen):
        update, count = LockStep.update, []

        def watched(game, *arguments):
            count.append(None)
            measured = update(game, *arguments)
            if len(count) == number:
                return happen(measured) or measured
            return measured

        monkeypatch.setattr(LockStep, "update", watched)
        return monkeypatch.undo

    return arrange


def same(a, b) -> None:
    for name in DIRECTORIES:
        assert_same_outputs(a / name, b / name)


@pytest.mark.parametrize(
    ("step", "number", "bottleneck"),
    [
        *((step, signal.SIGTERM, "none") for step in (1, 4, 6)),
        (6, signal.SIGINT, "none"),
        (6, signal.SIGINT, "noise"),
        (6, signal.SIGTERM, "fsq"),
    ],
)
def test_a_stopped_training_continues_to_the_same_result(
    make_dump, tmp_path, at_step, step, number, bottleneck
):
    feats = make_dump()
    model = model_with(bottleneck)
    train_runs(feats, tmp_path / "whole", QUICK, RUNS, model=model)
    undo = at_step(step, lambda _: os.kill(os.getpid(), number))
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stop:
        train_runs(feats, tmp_path / "cut", QUICK, RUNS, model=model)
    undo()
    assert stop.value.status == 128 + number
    assert signal.getsignal(number) is before
    for name in DIRECTORIES:
        checkpoint = load_checkpoint(tmp_path / "cut" / name)
        assert 4 * checkpoint.epoch + checkpoint.step == step
    train_runs(feats, tmp_path / "cut", QUICK, RUNS, model=model, models_at_once=1)
    same(tmp_path / "whole", tmp_path / "cut")


def test_a_loss_that_is_not_finite_stops_with_run_step_and_utterances(make_dump, tmp_path, at_step):
    def spoil(measured):
        measured["emotion_loss"][1] = float("nan")

    feats = make_dump()
    undo = at_step(7, spoil)
    with pytest.raises(InputError, match=r"_seed0/g01: epoch 2, step 3: .* spk02-\w+ ") as error:
        train_runs(feats, tmp_path / "exp", QUICK, RUNS, CPU)
    undo()
    assert str(error.value).count("spk0") == 5
    assert load_checkpoint(tmp_path / "exp" / DIRECTORIES[0]).epoch == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "missing"])
def test_a_damaged_checkpoint_is_skipped_with_a_warning(make_dump, tmp_path, capsys, damage):
    feats = make_dump()
    train_runs(feats, tmp_path / "whole", QUICK, RUNS, CPU)
    train_runs(feats, tmp_path / "hit", QUICK, RUNS, CPU)
    path = tmp_path / "hit" / DIRECTORIES[1] / CHECKPOINT
    data = path.read_bytes()
    if damage == "missing":  # killed between the two renamings
        path.unlink()
    else:
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        path.write_bytes({"cut": data[:middle], "flip": flipped, "empty": b""}[damage])
    train_runs(feats, tmp_path / "hit", QUICK, RUNS, CPU)
    warned = f"warning: {path}" in capsys.readouterr().err
    assert warned == (damage != "missing")
    same(tmp_path / "whole", tmp_path / "hit")


def test_with_both_checkpoints_damaged_the_run_is_refused(make_dump, tmp_path):
    feats = make_dump()
    train_runs(feats, tmp_path / "exp", QUICK, RUNS, CPU)
    for name in (CHECKPOINT, PREVIOUS_CHECKPOINT):
        (tmp_path / "exp" / DIRECTORIES[0] / name).write_bytes(b"menan checkpoint sha256 0\n")
    with pytest.raises(InputError, match=r"before\.pt: checksum mismatch.*--resume false"):
        train_runs(feats, tmp_path / "exp", QUICK, RUNS, CPU)
