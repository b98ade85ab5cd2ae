"""features.yaml: the record in a dump directory of how its features were made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.yaml_file import read_yaml
from menan.front_ends import FRONT_END, FrontEnd
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
    content = {
        "features": features.to_plain(),
        "version": code_version(),
        "code": code_digest(),
    }
    if plugin := features.plugin:
        content["plugin"] = plugin
    if continued:
        content["continued"] = list(continued)
    with atomic_open(Path(directory) / "features.yaml") as file:
        yaml.safe_dump(content, file, sort_keys=False)


def _read(directory: str | Path) -> tuple[dict[str, Any], FrontEnd]:
    path = Path(directory) / "features.yaml"
    record = read_yaml(path)
    if not isinstance(record, dict) or "features" not in record:
        raise InputError(f"{path}: not a record written by menan-dump; dump again")
    plain, plugin = record["features"], record.get("plugin")
    if isinstance(plain, dict) and isinstance(plugin, str):
        name = plain.get(FRONT_END)
        if isinstance(name, str) and name not in FrontEnd.table:
            raise InputError(
                f"{path}: the front-end {name[:80]!r} is defined in a plugin; load it with "
                f"--plugin {plugin[:80]}"
            )
    return record, FrontEnd.from_plain(plain, f"{path}: features")
