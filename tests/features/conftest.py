"""What tests of the front-end ``pretrained`` share: tiny random encoders."""

import shutil
from pathlib import Path

import pytest

from tests.features.encoder_example import write_encoder


@pytest.fixture(scope="session")
def encoders(tmp_path_factory):
    made = {}

    def folder(kind):
        if kind not in made:
            made[kind] = write_encoder(tmp_path_factory.mktemp("encoder"), kind)
        return made[kind]

    return folder


@pytest.fixture
def copied(encoders, tmp_path):
    """A copy of an encoder that a test may damage."""

    def copy(kind="whisper"):
        return Path(shutil.copytree(encoders(kind), tmp_path / "encoder"))

    return copy
