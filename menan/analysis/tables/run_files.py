"""The files of a run, which may come from strangers, held against what they should be."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.files.yaml_file import read_yaml
from menan.labels import EMOTIONS
from menan.training.selection import HeldOut

_CONFIG = {"objective": str, "hold_out": str | None, "speakers": list}


def read_config(path: Path) -> dict[str, Any]:
    """The config.yaml of a run: its objective, held-out group and training speakers are there.

    Raises:
        InputError: not what menan-train writes.
    """
    config = read_yaml(path)
    if not isinstance(config, dict):
        raise InputError(f"{path}: not what menan-train writes; train anew")
    require_keys(config, _CONFIG, path)
    return config


def read_log(path: Path) -> list[dict[str, Any]]:
    """The log.jsonl of a run: every line has the same numbers, of the same held-out speakers.

    Raises:
        InputError: a line that is not what menan-train logs.
    """
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(read_lines(path), start=1):
        try:
            line = json.loads(text)
            whole = _is_epoch(line, lines[0] if lines else line)
        except (ValueError, RecursionError):
            whole = False
        if not whole:
            raise InputError(
                f"{path}:{number}: not a line of menan-train; let the training end, or resume it"
            )
        lines.append(line)
    return lines


def read_heldout(path: Path) -> HeldOut:
    """The heldout.npz of a run: its arrays fit each other, and hold classes and log posteriors.

    Raises:
        InputError: not what menan-train writes.
    """
    heldout = HeldOut.load(path)
    if not _is_whole(heldout):
        raise InputError(f"{path}: not the posteriors of a training; train anew")
    return heldout


def require_keys(config: dict[str, Any], kinds: dict[str, Any], path: Path) -> None:
    """Raise :class:`InputError` for the first key that is missing or of another type."""
    for name, kind in kinds.items():
        if name not in config or not isinstance(config[name], kind):
            raise InputError(f"{path}: {name} is missing or of another type; train anew")


def _is_epoch(line: Any, first: Any) -> bool:
    match line:
        case {"epoch": int(), **rest}:
            heldout = rest.pop("heldout", {})
            return (
                line.keys() == first.keys()
                and isinstance(heldout, dict)
                and heldout.keys() == first.get("heldout", {}).keys()
                and all(map(_are_numbers, (rest, *heldout.values())))
                and all("ua" in figures for figures in heldout.values())
            )
    return False


def _are_numbers(values: Any) -> bool:
    return isinstance(values, dict) and all(isinstance(x, int | float) for x in values.values())


def _is_whole(heldout: HeldOut) -> bool:
    labels, log_p = heldout.labels, heldout.log_posteriors
    return (
        labels.dtype.kind in "iu"
        and log_p.dtype.kind == "f"
        and labels.ndim == 1
        and log_p.ndim == 3
        and heldout.utts.shape == heldout.speakers.shape == labels.shape
        and log_p.shape == (len(log_p), len(labels), len(EMOTIONS))
        and len(log_p) > 0
        and not np.isnan(log_p).any()
        and bool(((labels >= 0) & (labels < len(EMOTIONS))).all())
    )
