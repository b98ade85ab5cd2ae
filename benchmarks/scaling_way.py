"""The ways of a corpus through the commands whose costs benchmarks.scaling measures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

EPOCHS = 3
# The costs with their units.
UNITS = {
    "dump": "s",
    "dump, CPU": "s",
    "archives": "MB",
    "frame store": "MB",
    "training's start": "s",
    "epoch": "s",
    "inference": "s",
}
TABLES = ("measured", "lines", "corpora", "machines")
POOLED = {
    "model": {"encoder": {"name": "pooled", "size": 128}, "hidden": []},
    "training": {"epochs": EPOCHS, "batch_size": 64},
}


@dataclass(frozen=True)
class Way:
    """The way of a corpus through the commands.

    marks: beginning of the names of its tables in the page.
    dump: options of menan-dump.
    conf: configuration of the training.
    units: the costs with their units.
    tables: names of its tables, without ``marks``.
    """

    marks: str = ""
    dump: tuple[str, ...] = ()
    conf: str = json.dumps({"training": {"epochs": EPOCHS}})
    units: Mapping[str, str] = field(default_factory=lambda: UNITS)
    tables: tuple[str, ...] = TABLES


def pretrained(encoder: str) -> Way:
    """Statistics of all layers of an encoder, and the head that RAVDESS's recipe has for them."""
    units = {**UNITS, "attack": "s"}
    dump = (f"--pretrained={encoder}",)
    return Way("pretrained_", dump, json.dumps(POOLED), units, TABLES[:3])
