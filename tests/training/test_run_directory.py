"""Runs that are gone on with after configuration, data, code or company have changed."""

import numpy as np
import pytest
import torch
import yaml

from menan import __version__
from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.files.lock import only_writer
from menan.training import run_directory as resume
from menan.training import trainer as trainer_module
from tests.training.training_example import train_runs

CPU = torch.device("cpu")
TWO_EPOCHS = TrainingConfig(epochs=2, batch_size=5)
THREE_EPOCHS = TrainingConfig(epochs=3, batch_size=5)
RUNS = RunsConfig(hold_out=("g01",))


@pytest.fixture
def feats(make_dump):
    return make_dump()


@pytest.fixture
def train(feats, tmp_path):
    def run(training=TWO_EPOCHS, **options):
        train_runs(feats, tmp_path / "exp", training, RUNS, CPU, **options)

    return run


@pytest.fixture
def half_done(train, monkeypatch):
    """A run that was broken off after the first of two epochs."""
    plain = trainer_module.Trainer._train_epoch

    def until_the_second(self, *arguments):
        if self.epoch == 1:
            raise KeyboardInterrupt
        return plain(self, *arguments)

    monkeypatch.setattr(trainer_module.Trainer, "_train_epoch", until_the_second)
    with pytest.raises(KeyboardInterrupt):
        train()
    monkeypatch.setattr(trainer_module.Trainer, "_train_epoch", plain)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "exp/menan_seed0/g01"


def config(directory):
    return yaml.safe_load((directory / "config.yaml").read_text())


def test_a_finished_run_from_before_a_key_was_known_is_of_the_keys_default(train, directory):
    train()
    made = config(directory)
    del made["training"]["store_dtype"]
    (directory / "config.yaml").write_text(yaml.safe_dump(made))
    train()
    with pytest.raises(InputError, match=r"training\.store_dtype float32, now float16"):
        train(TrainingConfig(epochs=2, batch_size=5, store_dtype="float16"))


def test_the_configuration_says_what_the_run_was_made_from(train, feats, directory):
    train()
    found = config(directory)
    assert found["feats"] == str(feats)
    assert found["version"].startswith(__version__)
    assert len(found["data"]) == 16
    assert len(found["code"]) == 12
    assert "continued" not in found


def test_other_code_does_not_go_on_with_a_run_unless_forced(
    half_done, train, directory, monkeypatch, capsys
):
    monkeypatch.setattr(resume, "code_digest", lambda: "another")
    with pytest.raises(
        InputError, match=rf"config.yaml: made with code {__version__} .* --force true"
    ):
        train()
    train(force=True)
    assert f"config.yaml: made with code {__version__}" in capsys.readouterr().err
    assert config(directory)["continued"][0].startswith(f"up to epoch 1: code {__version__}")
    assert len((directory / "log.jsonl").read_text().splitlines()) == 2


def test_other_code_leaves_a_finished_run_as_it_is(train, directory, monkeypatch, capsys):
    train()
    before = config(directory)
    monkeypatch.setattr(resume, "code_digest", lambda: "another")
    capsys.readouterr()
    train()
    assert "already trained" in capsys.readouterr().out
    assert config(directory) == before


def test_a_changed_configuration_is_refused_unless_forced(train, directory):
    train()
    with pytest.raises(InputError, match=r"made with training.epochs 2, now 3; .*--force true"):
        train(THREE_EPOCHS)
    train(THREE_EPOCHS, force=True)
    assert config(directory)["continued"] == ["up to epoch 2: training.epochs 2, then 3"]
    assert config(directory)["training"]["epochs"] == 3
    assert len((directory / "log.jsonl").read_text().splitlines()) == 3


def test_another_batch_size_is_refused_even_with_force(train):
    train()
    with pytest.raises(InputError, match=r"training.batch_size 5, now 6; .*--resume false$"):
        train(TrainingConfig(epochs=3, batch_size=6), force=True)


@pytest.mark.parametrize("what", ["a label", "a number"])
def test_changed_data_are_refused_unless_forced(half_done, train, feats, what):
    if what == "a label":
        path = feats.parent / "utt2emo"
        path.write_text(path.read_text().replace("spk03-hap0 hap", "spk03-hap0 sad"))
    else:
        path = feats.parent / "feats.ark"
        path.write_bytes(path.read_bytes()[:-4] + np.float32(0.5).tobytes())
    with pytest.raises(InputError, match=r"made with data \w+, now \w+; "):
        train()
    train(force=True)
    train()


def test_without_a_checkpoint_an_old_configuration_is_overwritten(train, directory):
    directory.mkdir(parents=True)
    (directory / "config.yaml").write_text("objective: other\n")
    train()
    assert config(directory)["objective"] == {"name": "menan", "lambda": 0.5}


def test_a_checkpoint_without_its_configuration_is_refused(train, directory):
    train()
    (directory / "config.yaml").write_text("")
    with pytest.raises(InputError, match=r"made with objective None, now .*menan"):
        train()


def test_training_anew_removes_all_that_was_there(train, directory):
    train()
    (directory / "tensorboard").mkdir()
    train(THREE_EPOCHS, resume=False)
    assert not (directory / "tensorboard").exists()
    assert "continued" not in config(directory)
    assert not list(directory.glob(".*"))


def test_a_run_that_another_process_trains_is_refused(train, directory):
    with (
        only_writer(directory),
        pytest.raises(InputError, match=r"menan_seed0/g01: .* \(process \d+ on .*is writing to it"),
    ):
        train(resume=False)
