"""Mistakes in plugins are one line that names the member, not a wrong model."""

from dataclasses import dataclass, replace

import pytest
import torch

from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.model.model_file import load_model, save_model
from menan.model.network import build_network
from menan.plugins import load_plugins
from menan.settings import ObjectiveSettings
from menan.training.objectives import OBJECTIVES, Objective
from tests.extend.conftest import TOYS
from tests.training.training_example import (
    model_card,
    model_with,
    shape,
    train_runs,
)

QUICK = TrainingConfig(epochs=1, batch_size=8)


@dataclass(frozen=True)
class OddSettings(ObjectiveSettings):
    name = "odd"
    description = "odd"


def train(make_dump, tmp_path, loss):
    class Odd(Objective[OddSettings]):
        def loss(self, step):
            return loss(step)

    OBJECTIVES[OddSettings] = Odd
    runs = RunsConfig(objective=(OddSettings(),), seed=(0, 1))
    return train_runs(make_dump(), tmp_path / "exp", QUICK, runs)


@pytest.mark.parametrize(
    ("loss", "found"),
    [(lambda step: step.emotion_loss.sum(), r"\(\)"), (lambda step: step.z[..., 0], r"\(2, 8\)")],
)
def test_a_loss_of_another_shape_is_refused(forget_plugins, make_dump, tmp_path, loss, found):
    with pytest.raises(InputError, match=rf"'odd' returned a loss of shape {found}; .* step\.mean"):
        train(make_dump, tmp_path, loss)


def test_a_loss_that_is_not_finite_is_refused_and_saves_no_model(
    forget_plugins, make_dump, tmp_path
):
    with pytest.raises(InputError, match="the loss became NaN or infinite"):
        train(make_dump, tmp_path, lambda step: step.emotion_loss * float("nan"))
    assert not list((tmp_path / "exp").rglob("*.safetensors"))


def test_settings_without_a_class_are_refused(forget_plugins, make_dump, tmp_path):
    runs = RunsConfig(objective=(OddSettings(),))
    with pytest.raises(InputError, match="the objective 'odd' has no class; call add_objective"):
        train_runs(make_dump(), tmp_path / "exp", QUICK, runs)


def test_a_second_plugin_of_the_same_file_name_is_refused(forget_plugins, tmp_path):
    (tmp_path / "toy_encoder.py").write_text("pass\n")
    with pytest.raises(InputError, match="another plugin has this file name; rename one"):
        load_plugins([TOYS / "toy_encoder.py", tmp_path / "toy_encoder.py"])


def test_a_model_with_another_speaker_classifier_is_read_without_it(load, tmp_path):
    load("adversaries")
    settings = ObjectiveSettings.named("four")()
    classifier = OBJECTIVES[type(settings)].speaker_classifier
    network = build_network(replace(shape(43, 2), speaker_classifier=classifier), seed=0)
    save_model(tmp_path / "m.safetensors", network, model_card(objective=settings))
    loaded, card = load_model(tmp_path / "m.safetensors", "cpu")
    assert card.objective == settings
    for part in ("encoder", "emotion"):
        for name, value in getattr(network, part).state_dict().items():
            assert torch.equal(getattr(loaded, part).state_dict()[name], value)


def test_a_run_records_the_plugins_of_its_own_members_only(load, make_dump, tmp_path):
    load("encoder", "objective")
    runs = RunsConfig(objective=(ObjectiveSettings.named("means")(),))
    train_runs(make_dump(), tmp_path / "exp", QUICK, runs, model=model_with("none"))
    (path,) = (tmp_path / "exp").rglob("*.safetensors")
    assert list(load_model(path, "cpu")[1].plugins) == ["toy_objective.py"]
