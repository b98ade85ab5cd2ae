"""docs/models.md is what docs/make_models.py writes, and the models fit a repository."""

import runpy
from pathlib import Path

import pytest

from menan.shipped import DEFAULT, shipped_models

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_current():
    made = runpy.run_path(str(ROOT / "docs" / "make_models.py"))["page"]()
    assert (ROOT / "docs" / "models.md").read_text(encoding="utf-8") == made, "run: make pages"


def test_the_default_model_is_there():
    assert DEFAULT in shipped_models()


@pytest.mark.parametrize("path", shipped_models().values(), ids=lambda path: path.stem)
def test_a_model_is_small(path):
    assert path.stat().st_size < 1_500_000
