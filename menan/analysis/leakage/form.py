"""Is a JSON value what menan-probe writes? Reports may be made of files of strangers."""

from typing import Any

from menan.analysis.leakage.probes import PROBES
from menan.analysis.leakage.summary import REPRESENTATIONS
from menan.training.selection import RULES

_FACTS = {"utterances", "speakers", "chance", "majority", "uniform_nats", "floor_nats"}
_MEASURES = {"accuracy", "control", "selectivity"}


def is_leakage(value: Any) -> bool:
    """Whether all is there that a report shows of one system, and of the right type."""
    match value:
        case {"objective": str(), "seed": int(), "rule": rule, "lambda": lambda_, "sets": dict()}:
            sets = value["sets"].values()
            return rule in RULES and _is_number(lambda_) and all(map(_is_set, sets))
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
    return isinstance(value, int | float) and not isinstance(value, bool)
