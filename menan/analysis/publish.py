"""A trained model for others: with a card that says where it comes from and how good it is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from menan.analysis.runs import TrainedRun, read_runs
from menan.analysis.tables.table2 import table2
from menan.datadir.folds import is_split
from menan.errors import InputError
from menan.model.model_description import Description
from menan.model.model_file import ModelCard, load_model, save_model
from menan.training.run_config import RunConfig


def publish(
    model: Path, exp: Path, licence: str, not_for: str, out: Path, pretrained: str | None = None
) -> Description:
    """Write a model with a description, its weights rounded to float16.

    Args:
        model: a model file, usually trained on all speakers.
        exp: an experiment with the same settings that held speakers out. The UA in the description
            is that of its system, under the model's selection rule.
        licence: the licence of the corpus.
        not_for: uses that are ruled out.
        out: the model file to write.
        pretrained: where others find the pretrained encoder, such as its name on the hub.

    Raises:
        InputError: no model, no experiment, one that trained with other settings, or weights that
            float16 cannot hold.
    """
    network, card = load_model(model)
    runs = [run for run in read_runs(exp) if run.system == card.objective.system]
    if not runs:
        raise InputError(f"{exp}: no system {card.objective.system!r} in it; train it there too")
    _refuse_other_settings(runs[0].config, card, f"{exp} and {model}")
    figures = table2(runs, card.rule).systems[card.objective.system]
    description = Description(
        corpus=runs[0].config.corpus,
        licence=licence,
        not_for=not_for,
        protocol=_protocol(runs, card),
        ua=figures.ua.test / 100,
        ua_interval=(figures.ua.interval[0] / 100, figures.ua.interval[1] / 100),
        temperature=figures.calibration.temperature,
    )
    if not all(weight.half().isfinite().all() for weight in network.state_dict().values()):
        raise InputError(f"{model}: has weights beyond the range of float16; publish it as it is")
    features = card.features if pretrained is None else card.features.located(pretrained)
    published = replace(card, features=features, description=description)
    save_model(out, network, published, torch.float16)
    return description


def _protocol(runs: Sequence[TrainedRun], card: ModelCard) -> str:
    tested = {test for run in runs for test, _ in run.folds}
    held_out = {run.config.hold_out for run in runs}
    seeds = len({run.seed for run in runs})
    of = "corpora" if held_out <= set(runs[0].config.corpora) else "groups"
    measured = f"mean over {len(tested)} test speakers in {len(held_out)} {of} held out in turn"
    if any(is_split(one) for one in held_out):
        measured = f"mean over {len(tested)} test parts of the corpus"
    return (
        f"{measured}, {seeds} seeds, epoch by {card.rule!r}; other models with the settings of "
        "this one"
    )


def _refuse_other_settings(config: RunConfig, card: ModelCard, where: str) -> None:
    pairs = {
        "emotions": (tuple(config.emotions), tuple(card.emotions)),
        "model": (config.model, card.model),
        "training": (config.training, card.training),
    }
    for name, (theirs, ours) in pairs.items():
        if theirs != ours:
            raise InputError(f"{where}: trained with different {name}: {theirs} and {ours}")
    if (found := config.features.difference(card.features)) is not None:
        raise InputError(f"{where}: trained with different features: {found[0]}")
