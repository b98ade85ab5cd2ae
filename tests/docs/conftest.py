"""What tests of pages share: a reader, and the files of one who has trained already."""

from pathlib import Path

import pytest

from tests.analysis.attack.hasty import hasten
from tests.analysis.leakage.hasty_probes import hasten_probes
from tests.docs.reader import Reader
from tests.recipes.warm import warm_tree

# Preparation, features and trainings that several pages take for granted.
EARLIER = """
menan-prepare ravdess $CORPORA/ravdess data/my
menan-dump --data data/my --out dump/my --set features.seconds=1
menan-train --feats dump/my/feats.scp --exp exp --objective ec,menan --hold-out each --epochs 1
menan-train --feats dump/my/feats.scp --exp exp/my --epochs 1
"""


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    with warm_tree(tmp_path_factory.mktemp("warm")) as tree:
        yield tree


@pytest.fixture(scope="session")
def corpora(tmp_path_factory):
    return tmp_path_factory.mktemp("corpora")


@pytest.fixture(scope="session")
def earlier(tmp_path_factory, warm, corpora) -> Path:
    """A folder with data/my, dump/my, exp/{ec,menan}_seed0 and exp/my, a model of all speakers."""
    reader = Reader(tmp_path_factory.mktemp("earlier"), warm, corpora)
    reader.types(EARLIER)
    return reader.folder


@pytest.fixture
def reader(tmp_path, warm, corpora, monkeypatch):
    """A reader in a folder of her own, in which the Python of a page runs too."""
    monkeypatch.chdir(tmp_path)
    hasten(monkeypatch)
    hasten_probes(monkeypatch)
    return Reader(tmp_path, warm, corpora)
