"""Configuration: frozen dataclasses filled from a YAML file with one section a dataclass.

A recipe's ``conf/*.yaml`` holds up to three sections: ``features`` (read by menan-dump),
``training`` and ``runs`` (read by menan-train). Whatever is left out keeps the default of the
paper or of its protocol; an unknown section or key is an error that names the nearest known one.
"""

import re
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menan.errors import InputError
from menan.files.mapping import from_mapping, refuse_unknown
from menan.files.yaml_file import read_yaml
from menan.front_ends import FrontEnd


@dataclass(frozen=True)
class TrainingConfig:
    """One training: paper section 5.1 and Table 1.

    epochs: passes over the training utterances.
    batch_size: utterances a step; the last short batch is kept.
    lr: Adam's learning rate at the start; it falls linearly to 0 at the last step.
    lambda_: weight of the emotion loss, the paper's lambda (key ``lambda``); the speaker
        loss has 1 - lambda.
    sc_steps: steps of the speaker classifier for each step of encoder and emotion classifier.
    normalize: ``global`` (one mean and standard deviation a dimension, from the training
        speakers) or ``none``.
    bottleneck: between pooling and the classifiers, ``none``, ``noise`` or ``fsq``
        (:class:`menan.model.bottlenecks.Bottleneck`).
    noise_sigma: standard deviation of ``noise``, where v has the mean square 1.
    noise_draws: of each utterance in a step under ``noise``. More make the gradient less noisy, and
        cost little: the encoder runs once.
    fsq_levels: levels of a dimension under ``fsq``.
    frames: what the frames are kept as while training, ``float32`` or, in half of the memory,
        ``float16``. Inference, which keeps none, reads float32.
    """

    epochs: int = 300
    batch_size: int = 16
    lr: float = 1e-3
    lambda_: float = 0.5
    sc_steps: int = 1
    normalize: str = "global"
    bottleneck: str = "none"
    noise_sigma: float = 1.0
    noise_draws: int = 8
    fsq_levels: int = 3
    frames: str = "float32"

    def __post_init__(self):
        _require(self.epochs >= 1, "epochs must be at least 1")
        _require(self.batch_size >= 1, "batch_size must be at least 1")
        _require(self.lr > 0, "lr must be positive")
        _require(0 < self.lambda_ < 1, "lambda must lie between 0 and 1, both excluded")
        _require(self.sc_steps >= 1, "sc_steps must be at least 1")
        _require(self.normalize in ("global", "none"), "normalize must be global or none")
        _require(
            self.bottleneck in ("none", "noise", "fsq"), "bottleneck must be none, noise or fsq"
        )
        _require(0 < self.noise_sigma <= 1000, "noise_sigma must lie between 0 and 1000, not 0")
        _require(1 <= self.noise_draws <= 1000, "noise_draws must lie between 1 and 1000")
        _require(2 <= self.fsq_levels <= 256, "fsq_levels must lie between 2 and 256")
        _require(self.frames in ("float32", "float16"), "frames must be float32 or float16")


@dataclass(frozen=True)
class RunsConfig:
    """Which trainings one call makes: every objective with every seed and held-out group.

    objective: names of :data:`menan.training.objectives.OBJECTIVES`.
    seed: seeds of initial weights and of the order of the utterances.
    hold_out: ``("none",)``, ``("each",)`` or names of groups in spk2group.
    """

    objective: tuple[str, ...] = ("menan",)
    seed: tuple[int, ...] = (0,)
    hold_out: tuple[str, ...] = ("none",)

    def __post_init__(self):
        for name in ("objective", "seed", "hold_out"):
            values = getattr(self, name)
            _require(len(values) > 0, f"{name} must not be empty")
            twice = next((value for value in values if values.count(value) > 1), None)
            _require(twice is None, f"{name} names {twice!r} twice")
        _require(all(seed >= 0 for seed in self.seed), "seed must not be negative")


SECTIONS: dict[str, type] = {
    "features": FrontEnd,
    "training": TrainingConfig,
    "runs": RunsConfig,
}


def load_section(path: str | Path | None, section: str, overrides: dict[str, Any]) -> Any:
    """The dataclass of one section of a YAML file, with options of the command line over it.

    Args:
        path: the file; None for the defaults.
        section: a key of :data:`SECTIONS`. The whole file is checked, not only this section.
        overrides: values by key; those that are None leave the file's value.

    Raises:
        InputError: unreadable file, unknown section or key, wrong type or value.
    """
    content = _read_sections(path) if path is not None else {}
    refuse_unknown(content, SECTIONS, f"{path}: unknown section")
    for name, cls in SECTIONS.items():
        _section(cls, content.get(name) or {}, f"{path}: {name}")
    given = {name: value for name, value in overrides.items() if value is not None}
    where = f"{path}: {section}" if path is not None else "options"
    return _section(SECTIONS[section], {**(content.get(section) or {}), **given}, where)


def split_option(text: str | None) -> list[str] | None:
    """The values of a comma-separated option.

    >>> split_option("ec, menan")
    ['ec', 'menan']
    """
    return None if text is None else [part.strip() for part in text.split(",")]


def parse_share(text: str) -> tuple[int, int]:
    """The number of a share, from 1, and how many there are.

    >>> parse_share("2/4")
    (2, 4)

    Raises:
        InputError: not of this form.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise InputError(f"--share {text}: expected a number and how many there are, such as 2/4")
    return int(match[1]), int(match[2])


def _section(cls: type, mapping: Any, where: str) -> Any:
    if issubclass(cls, FrontEnd):
        return cls.from_plain(mapping, where)
    return from_mapping(cls, mapping, where)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


def _read_sections(path: str | Path) -> dict[str, Any]:
    content = read_yaml(path)
    if not isinstance(content, dict | types.NoneType):
        raise InputError(f"{path}: expected the sections {', '.join(SECTIONS)}")
    return content or {}
