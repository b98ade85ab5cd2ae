"""features.yaml: the record in a dump directory of how its features were made."""

from pathlib import Path

import yaml

from menan import __version__
from menan.atomic import atomic_open
from menan.config import FeatureConfig, from_mapping, to_mapping
from menan.datadir.tables import read_lines
from menan.errors import InputError


def read_features_yaml(directory: str | Path) -> FeatureConfig:
    """The configuration that a dump directory was made with.

    Raises:
        InputError: no readable features.yaml.
    """
    path = Path(directory) / "features.yaml"
    try:
        features = yaml.safe_load("\n".join(read_lines(path)))["features"]
    except (yaml.YAMLError, TypeError, KeyError):
        raise InputError(f"{path}: not the record that menan-dump writes; dump again") from None
    return from_mapping(FeatureConfig, features, f"{path}: features")


def write_features_yaml(directory: str | Path, config: FeatureConfig) -> None:
    """Record the configuration and the version of the code, whole or not at all."""
    with atomic_open(Path(directory) / "features.yaml") as file:
        content = {"features": to_mapping(config), "version": __version__}
        yaml.safe_dump(content, file, sort_keys=False)
