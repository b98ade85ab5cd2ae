"""Configuration: frozen dataclasses filled from a YAML file, one per section, and from ``--set``.

A recipe's ``conf/*.yaml`` has up to four sections: ``features`` (read by menan-dump), ``model``,
``training`` and ``runs`` (read by menan-train). What is left out keeps the default of the paper or
of its protocol. An unknown section or key is an error that names the nearest known one.
"""

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menan.encoder_settings import TABLE_1_HIDDEN, EncoderSettings, Table1Settings
from menan.errors import InputError, require
from menan.files.mapping import from_mapping, refuse_unknown
from menan.files.yaml_file import read_yaml
from menan.front_ends import FrontEnd, KaldiFrontEnd
from menan.overrides import assign, keep_settings
from menan.settings import (
    BottleneckSettings,
    MaxEntropySettings,
    NoBottleneckSettings,
    ObjectiveSettings,
)


@dataclass(frozen=True)
class ModelConfig:
    """The network: paper Table 1 unless another encoder is chosen.

    encoder: from features to the embedding v.
    bottleneck: from v to the embedding z that both classifiers read and that is released.
    hidden: sizes of the hidden layers of both classifiers; empty for linear classifiers.
    """

    encoder: EncoderSettings = Table1Settings()
    bottleneck: BottleneckSettings = NoBottleneckSettings()
    hidden: tuple[int, ...] = TABLE_1_HIDDEN

    def __post_init__(self) -> None:
        require(len(self.hidden) <= 8, "hidden must list at most 8 layers")
        require(all(1 <= size <= 8192 for size in self.hidden), "hidden sizes must be 1 to 8192")
        require(
            self.encoder.only_hidden in (None, self.hidden),
            f"the encoder {self.encoder.name} takes only hidden: {self.encoder.only_hidden}; "
            "choose another encoder",
        )
        require(
            self.encoder.is_bounded or not self.bottleneck.needs_bounded,
            f"the encoder {self.encoder.name} can outgrow the noise; choose normalise: true",
        )


@dataclass(frozen=True)
class TrainingConfig:
    """One training: paper section 5.1.

    epochs: passes over the training utterances.
    batch_size: utterances per step; the last, shorter batch is kept.
    lr: initial learning rate of Adam; it falls linearly to 0 at the last step.
    weight_decay: decoupled weight decay; other than 0 makes the optimiser AdamW.
    class_weight: weights of the classes in the emotion loss: ``none``, or ``balanced`` for
        utterances / (classes * utterances of the class), counted on the training utterances.
    label_smoothing: part of each emotion target that is spread evenly over all classes.
    balance: ``corpus`` draws every corpus equally often, in each batch; ``none`` draws every
        utterance once per epoch.
    sc_steps: steps of the speaker classifier for each step of encoder and emotion classifier.
    normalize: ``global`` (one mean and standard deviation per dimension, from the training
        speakers) or ``none``.
    store_dtype: type of the frames that are kept while training, ``float32`` or, in half of the
        memory, ``float16``. Inference reads float32.
    """

    epochs: int = 300
    batch_size: int = 16
    lr: float = 1e-3
    weight_decay: float = 0.0
    class_weight: str = "none"
    label_smoothing: float = 0.0
    balance: str = "none"
    sc_steps: int = 1
    normalize: str = "global"
    store_dtype: str = "float32"

    def __post_init__(self) -> None:
        require(self.epochs >= 1, "epochs must be at least 1")
        require(self.batch_size >= 1, "batch_size must be at least 1")
        require(self.lr > 0, "lr must be positive")
        require(0 <= self.weight_decay <= 1, "weight_decay must lie between 0 and 1")
        require(self.class_weight in ("none", "balanced"), "class_weight must be none or balanced")
        require(
            0 <= self.label_smoothing < 1,
            "label_smoothing must lie between 0 and 1, 1 excluded",
        )
        require(self.balance in ("none", "corpus"), "balance must be none or corpus")
        require(self.sc_steps >= 1, "sc_steps must be at least 1")
        require(self.normalize in ("global", "none"), "normalize must be global or none")
        require(
            self.store_dtype in ("float32", "float16"), "store_dtype must be float32 or float16"
        )


@dataclass(frozen=True)
class RunsConfig:
    """The trainings of one call: every objective with every seed and held-out group.

    objective: one or more objectives; one of them may stand there with several settings.
    seed: seeds of initial weights, order of the utterances and noise.
    hold_out: ``("none",)``, ``("each",)``, names of groups in spk2group, ``("split",)`` for the
        official split, ``("folds",)`` for the folds of utterances, ``("corpus",)`` or names of
        corpora.
    """

    objective: tuple[ObjectiveSettings, ...] = (MaxEntropySettings(),)
    seed: tuple[int, ...] = (0,)
    hold_out: tuple[str, ...] = ("none",)

    def __post_init__(self) -> None:
        for name in ("objective", "seed", "hold_out"):
            values = getattr(self, name)
            require(len(values) > 0, f"{name} must not be empty")
            twice = next((value for value in values if values.count(value) > 1), None)
            shown = twice.system if isinstance(twice, ObjectiveSettings) else twice
            require(twice is None, f"{name} lists {shown!r} twice")
        require(all(seed >= 0 for seed in self.seed), "seed must not be negative")


@dataclass(frozen=True)
class Config:
    """All sections of a configuration."""

    features: FrontEnd = KaldiFrontEnd()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    runs: RunsConfig = RunsConfig()


SECTIONS: dict[str, type] = {
    "features": FrontEnd,
    "model": ModelConfig,
    "training": TrainingConfig,
    "runs": RunsConfig,
}

# Keys of 0.1.0, and where they stand now.
_MOVED = {
    "lambda": "runs: objective: {name: menan, lambda: 0.5}",
    "bottleneck": "model: bottleneck: noise",
    "noise_sigma": "model: bottleneck: {name: noise, sigma: 1}",
    "noise_draws": "model: bottleneck: {name: noise, draws: 8}",
    "fsq_levels": "model: bottleneck: {name: fsq, levels: 3}",
    "frames": "training: store_dtype: float32",
}


def load_config(
    path: str | Path | None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    sets: Sequence[str] = (),
    sections: Sequence[str] = (),
) -> Config:
    """The configuration of a YAML file, with options of the command line over it.

    Args:
        path: the file, of which every section is checked; None for the defaults.
        options: values by section and key; those that are None leave the file's value. Names of
            members (``objective``, ``encoder``) keep the settings that the file gives them.
        sets: ``section.key=value`` or ``section.key.setting=value``, applied in this order after
            ``options``.
        sections: the sections that ``sets`` may change, those that the command uses; all if empty.

    Raises:
        InputError: unreadable file, unknown section or key, wrong type or value.
    """
    content = _read_sections(path) if path is not None else {}
    config = _parsed(content, f"{path}: ")
    given = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in (options or {}).items()
    }
    if not sets and not any(given.values()):
        return config
    for section, values in given.items():
        for key, value in values.items():
            part = content.setdefault(section, {})
            part[key] = keep_settings(value, part.get(key))
    for text in sets:
        section = text.partition(".")[0].strip()
        if sections and section in SECTIONS and section not in sections:
            raise InputError(
                f"--set {text}: this command does not use the section {section}; it uses "
                f"{', '.join(sections)}"
            )
        assign(content, text)
    return _parsed(content, "options: " if path is None else f"{path} with options: ")


def _parsed(content: dict[str, Any], where: str) -> Config:
    refuse_unknown(content, SECTIONS, f"{where}unknown section")
    training = content.get("training")
    for key in training if isinstance(training, dict) else {}:
        if key in _MOVED:
            raise InputError(f"{where}training.{key} has moved; write '{_MOVED[key]}'")
    return Config(
        **{
            name: _section(cls, content.get(name, {}), f"{where}{name}")
            for name, cls in SECTIONS.items()
        }
    )


def _section(cls: type, content: Any, where: str) -> Any:
    return (
        FrontEnd.from_plain(content, where)
        if cls is FrontEnd
        else from_mapping(cls, content, where)
    )


def split_option(text: str | None) -> list[str] | None:
    """The values of a comma-separated option.

    >>> split_option("ec, menan")
    ['ec', 'menan']
    """
    return None if text is None else [part.strip() for part in text.split(",")]


def parse_share(text: str) -> tuple[int, int]:
    """Number of a share, from 1, and number of shares.

    >>> parse_share("2/4")
    (2, 4)

    Raises:
        InputError: not of this form.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise InputError(f"--share {text}: expected number/shares, such as 2/4")
    return int(match[1]), int(match[2])


def _read_sections(path: str | Path) -> dict[str, Any]:
    content = read_yaml(path)
    if not isinstance(content, dict | types.NoneType):
        raise InputError(f"{path}: expected the sections {', '.join(SECTIONS)}")
    return {name: {} if section is None else section for name, section in (content or {}).items()}
