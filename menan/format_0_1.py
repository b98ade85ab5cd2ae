"""Records of menan 0.1.0, in today's form: config.yaml of a run and the card of a model file.

0.1.0 knew four emotions and one encoder, and kept the settings of objective and bottleneck in the
section ``training``.
"""

from typing import Any

from menan.encoder_settings import Table1Settings
from menan.labels import IEMOCAP_EMOTIONS
from menan.settings import BottleneckSettings, NoBottleneckSettings, ObjectiveSettings
from menan.sockets import Member


def upgraded(record: Any) -> Any:
    """A run's configuration or a model's card as version 0.2.0 writes it.

    Args:
        record: as read from YAML or JSON. One of today's, or something else, comes back as it is.
    """
    old = record.get("training") if isinstance(record, dict) else None
    if not isinstance(old, dict) or "model" in record:
        return record
    training = dict(old)
    kind = training.pop("bottleneck", NoBottleneckSettings.name)
    upgraded = {
        "emotions": list(IEMOCAP_EMOTIONS),
        **record,
        "objective": _member(ObjectiveSettings, record.get("objective"), training),
        "model": {
            "encoder": Table1Settings.name,
            "bottleneck": _member(BottleneckSettings, kind, training),
        },
        "training": training,
    }
    for socket in (ObjectiveSettings, BottleneckSettings):
        for member in socket.table.values():
            for key in member.keys_0_1.values():
                training.pop(key, None)
    if "frames" in training:
        training["store_dtype"] = training.pop("frames")
    return upgraded


def _member(socket: type[Member], name: Any, training: dict[str, Any]) -> Any:
    """A member with its settings from the section ``training``."""
    member = socket.table.get(name) if isinstance(name, str) else None
    settings = {
        setting: training[key]
        for setting, key in (member.keys_0_1 if member else {}).items()
        if key in training
    }
    return {"name": name, **settings} if settings else name
