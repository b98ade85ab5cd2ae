"""features.yaml: the record in a dump directory of how its features were made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.yaml_file import read_yaml
from menan.front_ends import FrontEnd
from menan.plugins import missing_plugins, plugins_of
from menan.provenance import code_digest, code_version


def read_features_yaml(directory: str | Path) -> FrontEnd:
    """The settings of the front-end that made the features of a dump directory.

    Raises:
        InputError: features.yaml is missing or malformed, or names an unknown front-end.
    """
    return _read(directory)[1]


def read_features_record(directory: str | Path) -> dict[str, Any]:
    """The contents of features.yaml, with every setting of the front-end in ``features``.

    Raises:
        InputError: as :func:`read_features_yaml`.
    """
    record, features = _read(directory)
    return {**record, "features": features.to_plain()}


def write_features_yaml(
    directory: str | Path, features: FrontEnd, continued: Sequence[str] = ()
) -> None:
    """Record the settings and the version of the code; the file appears complete or not at all.

    Args:
        continued: differences that were accepted by force when the dump was resumed.
    """
    content: dict[str, Any] = {
        "features": features.to_plain(),
        "version": code_version(),
        "code": code_digest(),
    }
    if plugins := plugins_of(features):
        content["plugins"] = plugins
    if continued:
        content["continued"] = list(continued)
    with atomic_open(Path(directory) / "features.yaml") as file:
        yaml.safe_dump(content, file, sort_keys=False)


def _read(directory: str | Path) -> tuple[dict[str, Any], FrontEnd]:
    path = Path(directory) / "features.yaml"
    record = read_yaml(path)
    if not isinstance(record, dict) or "features" not in record:
        raise InputError(f"{path}: not a record written by menan-dump; dump again")
    plugins = record.get("plugins")
    try:
        return record, FrontEnd.from_plain(record["features"], f"{path}: features")
    except InputError as error:
        needed = plugins if isinstance(plugins, dict) else {}
        raise InputError(f"{error}{missing_plugins(needed)}") from None
