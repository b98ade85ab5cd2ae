"""features.yaml: the record in a dump directory of how its features were made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.mapping import to_mapping
from menan.files.yaml_file import read_yaml
from menan.front_ends import FrontEnd
from menan.provenance import code_digest, code_version


def read_features_yaml(directory: str | Path) -> FrontEnd:
    """The configuration that a dump directory was made with.

    Raises:
        InputError: no readable features.yaml.
    """
    where = f"{Path(directory) / 'features.yaml'}: features"
    return FrontEnd.from_plain(read_features_record(directory)["features"], where)


def read_features_record(directory: str | Path) -> dict[str, Any]:
    """All of features.yaml, ``features`` with every key.

    Raises:
        InputError: no readable features.yaml.
    """
    path = Path(directory) / "features.yaml"
    try:
        record = read_yaml(path)
        features = FrontEnd.from_plain(record["features"], f"{path}: features")
    except (TypeError, KeyError):
        raise InputError(f"{path}: not the record that menan-dump writes; dump again") from None
    return {**record, "features": features.to_plain()}


def write_features_yaml(
    directory: str | Path, config: FrontEnd, continued: Sequence[str] = ()
) -> None:
    """Record the configuration and the code, whole or not at all.

    Args:
        continued: what had changed when the dump was gone on with all the same.
    """
    content = {"features": to_mapping(config), "version": code_version(), "code": code_digest()}
    if continued:
        content["continued"] = list(continued)
    with atomic_open(Path(directory) / "features.yaml") as file:
        yaml.safe_dump(content, file, sort_keys=False)
