"""Records of menan 0.1.0, in today's form: config.yaml of a run and the card of a model file.

0.1.0 knew four emotions and one encoder, and kept the settings of objective and bottleneck in the
section ``training``.
"""

from typing import Any

from menan.labels import IEMOCAP_EMOTIONS

_OF_BOTTLENECK = {
    "noise": {"sigma": "noise_sigma", "draws": "noise_draws"},
    "fsq": {"levels": "fsq_levels"},
}
_WITHOUT_LAMBDA = ("ec",)
_FRONT_END = "kaldi"


def upgraded(record: dict[str, Any]) -> dict[str, Any]:
    """A run's configuration or a model's card as version 0.2.0 writes it.

    Args:
        record: as read from YAML or JSON; one of today's comes back as it is.
    """
    old = record.get("training") if isinstance(record, dict) else None
    if not isinstance(old, dict) or "model" in record:
        return record
    training = dict(old)
    lambda_ = training.pop("lambda", 0.5)
    kind = training.pop("bottleneck", "none")
    sizes = {key: training.pop(key, None) for key in ("noise_sigma", "noise_draws", "fsq_levels")}
    settings = {
        name: sizes[key]
        for name, key in _OF_BOTTLENECK.get(str(kind), {}).items()
        if sizes[key] is not None
    }
    if "frames" in training:
        training["store_dtype"] = training.pop("frames")
    objective: Any = record.get("objective")
    if isinstance(objective, str) and objective not in _WITHOUT_LAMBDA:
        objective = {"name": objective, "lambda": lambda_}
    return {
        "emotions": list(IEMOCAP_EMOTIONS),
        **record,
        "features": _with_front_end(record.get("features")),
        "objective": objective,
        "model": {
            "encoder": "table1",
            "bottleneck": {"name": kind, **settings} if settings else kind,
        },
        "training": training,
    }


def _with_front_end(features: Any) -> Any:
    return {"front_end": _FRONT_END, **features} if isinstance(features, dict) else features
