"""Files of leakage, held against their type: a report may be made of anybody's files."""

import json
from pathlib import Path
from typing import Any

from menan.analysis.leakage.given_leakage import GivenLeakage
from menan.analysis.leakage.result import (
    Leakage,
    ReportedLeakage,
    SystemLeakage,
)
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.files.mapping import from_mapping
from menan.format_0_1 import upgraded
from menan.settings import NoBottleneckSettings, ObjectiveSettings


def read_leakage(path: Path) -> SystemLeakage:
    """The leakage of a system, from a file of menan-probe.

    Raises:
        InputError: the file is something else.
    """
    try:
        return from_mapping(SystemLeakage, _renewed(read_json(path)), "leakage")
    except InputError as error:
        raise InputError(f"{path}: not what menan-probe writes ({error}); probe again") from None


def read_probed(path: Path) -> Leakage | None:
    """What menan-probe wrote about any embeddings; None if the file is something else."""
    try:
        found = read_json(path)
        keys = found if isinstance(found, dict) else {}
        cls: type[Leakage] = SystemLeakage if "system" in keys else Leakage
        if "embeddings" in keys:
            cls = GivenLeakage
        return from_mapping(cls, found, "leakage")
    except InputError:
        return None


def read_reported_leakage(path: Path) -> tuple[ReportedLeakage, ...]:
    """The leakage in the JSON of another report.

    Raises:
        InputError: the file is something else.
    """
    report = read_json(path)
    rows = report.get("leakage") if isinstance(report, dict) else None
    if not isinstance(rows, list):
        raise InputError(f"{path}: not a report with leakage; write it by menan-results --leakage")
    try:
        return tuple(from_mapping(ReportedLeakage, _renewed(row), "leakage") for row in rows)
    except InputError as error:
        raise InputError(f"{path}: not a report with leakage ({error}); report again") from None


def read_json(path: Path) -> Any:
    """The value of a JSON file; None if the file is not JSON."""
    try:
        return json.loads("\n".join(read_lines(path)))
    except (ValueError, RecursionError):
        return None


def _renewed(value: Any) -> Any:
    """A value of 0.1.0 in today's form: it named objective and lambda in place of the system."""
    if not isinstance(value, dict) or "system" in value:
        return value
    rest = {key: item for key, item in value.items() if key not in ("objective", "lambda")}
    old = {"objective": value.get("objective"), "training": {"lambda": value.get("lambda", 0.5)}}
    objective = ObjectiveSettings.from_plain(upgraded(old)["objective"], "objective")
    none = NoBottleneckSettings.name
    label = "" if value.get("bottleneck") == none else value.get("bottleneck")
    return rest | {"system": objective.system, "bottleneck": label}
