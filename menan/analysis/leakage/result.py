"""Is a JSON value what menan-probe writes? Reports may be made of files of strangers."""

import json
import sys
from pathlib import Path
from typing import Any

from menan.analysis.leakage.names import BOTTLENECK
from menan.analysis.leakage.probes import PROBES
from menan.analysis.leakage.summary import REPRESENTATIONS
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.training.selection import RULES

_FACTS = {"utterances", "speakers", "chance", "majority", "uniform_nats", "floor_nats"}
_MEASURES = {"accuracy", "control", "selectivity"}


def read_leakage(path: Path) -> dict[str, Any]:
    """What menan-probe wrote of a system.

    Raises:
        InputError: it is something else.
    """
    leakage = read_json(path)
    if not is_leakage(leakage):
        raise InputError(f"{path}: not what menan-probe writes; probe again")
    return leakage


def read_json(path: Path) -> Any:
    """None for what is not JSON."""
    try:
        return json.loads("\n".join(read_lines(path)))
    except (ValueError, RecursionError):
        return None


def is_leakage(value: Any) -> bool:
    """Whether all is there that a report shows of one system, and of the right type."""
    match value:
        case {"objective": str(), "seed": int(), "rule": rule, "lambda": lambda_, "sets": dict()}:
            sets = value["sets"].values()
            named = rule in RULES and _is_number(lambda_) and _has_bottleneck(value)
            return named and all(map(_is_set, sets))
    return False


def _has_bottleneck(value: dict[str, Any]) -> bool:
    match value:
        case {"bottleneck": str() as label, "draws": int() as draws}:
            return draws >= 1 and BOTTLENECK.fullmatch(label) is not None
    return False


def _is_set(value: Any) -> bool:
    match value:
        case {"embeddings": dict() as embeddings, **facts}:
            return (
                embeddings.keys() == set(REPRESENTATIONS)
                and all(map(_is_embedding, embeddings.values()))
                and facts.keys() >= _FACTS
                and all(map(_is_number, facts.values()))
            )
    return False


def _is_embedding(value: Any) -> bool:
    match value:
        case {"eer": eer, "gender": gender, **probes}:
            return (
                (eer is None or _is_number(eer))
                and (gender is None or _are_numbers(gender, {"accuracy", "majority"}))
                and probes.keys() == set(PROBES)
                and all(_is_probe(name, probe) for name, probe in probes.items())
            )
    return False


def _is_probe(name: str, value: Any) -> bool:
    match value:
        case {"interval": [low, high], "cross_entropy": nats, **measures}:
            # Nearest neighbours give no probabilities.
            known = _is_number(nats) or (name == "knn" and nats is None)
            ends = _is_number(low) and _is_number(high)
            return known and ends and _are_numbers(measures, _MEASURES)
    return False


def _are_numbers(value: Any, names: set[str]) -> bool:
    return (
        isinstance(value, dict) and value.keys() == names and all(map(_is_number, value.values()))
    )


def _is_number(value: Any) -> bool:
    """JSON as Python reads it has NaN and Infinity, and integers beyond every float."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -sys.float_info.max <= value <= sys.float_info.max
    )
