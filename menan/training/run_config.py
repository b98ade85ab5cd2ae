"""config.yaml of a run: all that decides its outcome."""

import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menan.config import ModelConfig, TrainingConfig
from menan.errors import InputError
from menan.files.mapping import from_mapping, plain_value, to_mapping
from menan.files.yaml_file import read_yaml
from menan.format_0_1 import upgraded
from menan.front_ends import FrontEnd
from menan.labels import LabelSet
from menan.plugins import missing_plugins
from menan.settings import ObjectiveSettings

_TEXTS = ("corpus", "feats", "data", "version", "code")


@dataclass(frozen=True)
class RunConfig:
    """The configuration of a run, as its results need it.

    hold_out: the held-out group, corpus or split; None if nothing was held out.
    folds: test and validation speaker of each fold, or the parts that stand for them; None for no
        validation.
    speakers: the training speakers.
    version, code: version of menan, and digest of its code.
    corpora: the corpora, where several stand side by side.
    """

    objective: ObjectiveSettings
    seed: int
    hold_out: str | None
    folds: tuple[tuple[str, str | None], ...]
    speakers: tuple[str, ...]
    emotions: LabelSet
    model: ModelConfig
    training: TrainingConfig
    features: FrontEnd
    corpus: str
    feats: str
    data: str
    version: str
    code: str
    corpora: tuple[str, ...] = ()


def read_run_config(path: str | Path) -> RunConfig:
    """Read a run's config.yaml, of version 0.1.0 too.

    Raises:
        InputError: unreadable, damaged, or made with a plugin that is not loaded.
    """
    content = read_config_yaml(path)
    plugins = content.get("plugins")
    needed = plugins if isinstance(plugins, dict) else {}
    try:
        return RunConfig(
            objective=ObjectiveSettings.from_plain(content["objective"], "objective"),
            seed=_of_type(content["seed"], int),
            hold_out=None if content["hold_out"] is None else _of_type(content["hold_out"], str),
            folds=tuple(
                (_of_type(f["test"], str), _of_type(f["valid"], str | None))
                for f in content["folds"]
            ),
            speakers=tuple(_of_type(name, str) for name in content["speakers"]),
            corpora=tuple(_of_type(name, str) for name in content["corpora"]),
            emotions=LabelSet(tuple(_of_type(name, str) for name in content["emotions"])),
            model=from_mapping(ModelConfig, content["model"], "model"),
            training=from_mapping(TrainingConfig, content["training"], "training"),
            features=FrontEnd.from_plain(content["features"], "features"),
            **{
                key: str(content.get(key, ""))
                for key in ("corpus", "feats", "data", "version", "code")
            },
        )
    except InputError as error:
        raise InputError(f"{path}: {error}{missing_plugins(needed)}") from None
    except (KeyError, TypeError):
        raise InputError(f"{path}: not the configuration of a run; train it again") from None


def read_config_yaml(path: str | Path) -> dict[str, Any]:
    """config.yaml as plain values, with today's keys and their defaults; empty if it is no mapping.

    A key that is newer than the run has the default, by which the run was made.
    """
    found = read_yaml(path)
    if not isinstance(found, dict):
        return {}
    found = {"plugins": {}, "corpora": {}, **upgraded(found)}
    for key, cls in (("training", TrainingConfig), ("model", ModelConfig)):
        if isinstance(found.get(key), dict):
            found[key] = to_mapping(cls()) | found[key]
    try:
        # With every setting of the objective and of the members written out.
        found["objective"] = plain_value(ObjectiveSettings.from_plain(found.get("objective"), ""))
        found["model"] = to_mapping(from_mapping(ModelConfig, found.get("model"), ""))
    except InputError:
        pass  # of a plugin that is not loaded, or damaged: compared and reported as it is
    return found


def _of_type(value: Any, kind: type | types.UnionType) -> Any:
    if not isinstance(value, kind):
        raise TypeError(value)
    return value
