"""The choice of the number of threads, with a clock that only the work moves."""

import pytest
import torch

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.encoder_settings import AttentiveSettings
from menan.errors import InputError
from menan.training import thread_trial
from menan.training.checkpoint import load_checkpoint
from menan.training.thread_trial import choose_threads
from menan.training.trainer import Trainer
from tests.training.test_trainer import assert_same_outputs
from tests.training.training_example import model_with, objectives, train_runs

QUICK = TrainingConfig(epochs=2, batch_size=5)
RUNS = RunsConfig(objective=objectives("ec", "menan"))
FOLDERS = ("ec_seed0/all", "menan_seed0/all")


@pytest.fixture
def threads(monkeypatch):
    """Sets the number of threads, and restores it."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def trial(monkeypatch, seconds):
    """The line for a step that takes ``seconds`` with each number of threads."""
    now = [0.0]
    monkeypatch.setattr(thread_trial.time, "perf_counter", lambda: now[0])

    def step():
        now[0] += seconds[torch.get_num_threads()]

    return choose_threads(step)


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({1: 0.01, 2: 0.02, 3: 0.03}, 1),
        ({1: 0.01, 2: 0.006, 3: 0.02}, 2),
        ({1: 0.01, 2: 0.006, 3: 0.004}, 3),
        ({1: 0.01, 2: 0.0099, 3: 0.0098}, 1),  # not worth the cores
        ({1: 4, 2: 2, 3: 3}, 2),
    ],
)
def test_the_fastest_number_of_threads_is_set_and_named(monkeypatch, threads, seconds, chosen):
    threads(3)
    line = trial(monkeypatch, seconds)
    assert torch.get_num_threads() == chosen
    assert line.startswith(f"threads: {chosen}, the fastest in a short trial (a step with 1: ")
    assert line.endswith(f"3: {1e3 * seconds[3]:.1f} ms)")


def test_one_thread_needs_no_trial(threads):
    threads(1)
    assert choose_threads(lambda: pytest.fail("a step")) == "threads: 1"


@pytest.mark.parametrize("bottleneck", ["none", "noise"])
def test_a_trial_changes_nothing_in_what_comes_out(
    make_dump, tmp_path, capsys, threads, bottleneck
):
    feats, options = make_dump(), {"model": model_with(bottleneck)}
    threads(2)
    train_runs(feats, tmp_path / "trial", QUICK, RUNS, **options)
    assert "the fastest in a short trial (a step with 1: " in capsys.readouterr().out
    train_runs(feats, tmp_path / "given", QUICK, RUNS, threads=1, **options)
    assert "threads: 1\n" in capsys.readouterr().out
    assert torch.get_num_threads() == 1
    for run in FOLDERS:
        assert_same_outputs(tmp_path / "trial" / run, tmp_path / "given" / run)


def test_less_than_one_thread_is_refused(make_dump, tmp_path):
    with pytest.raises(InputError, match="--threads 0: must be at least 1"):
        train_runs(make_dump(), tmp_path / "exp", QUICK, RUNS, threads=0)


def test_where_the_bits_depend_on_it_a_training_keeps_its_number_of_threads(
    make_dump, tmp_path, capsys, monkeypatch, threads
):
    feats, options = make_dump(), {"model": ModelConfig(encoder=AttentiveSettings())}
    threads(2)
    fit = Trainer.fit

    def interrupted(trainer, until):
        fit(trainer, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_runs(feats, tmp_path / "exp", QUICK, RUNS, threads=2, **options)
    monkeypatch.undo()
    threads(1)
    capsys.readouterr()
    train_runs(feats, tmp_path / "exp", QUICK, RUNS, **options)
    assert "threads: 2\n" in capsys.readouterr().out
    assert {load_checkpoint(tmp_path / "exp" / run).threads for run in FOLDERS} == {2}
