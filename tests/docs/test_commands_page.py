"""docs/commands.md is what docs/make_commands.py writes, and covers every command."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generator():
    return runpy.run_path(str(ROOT / "docs" / "make_commands.py"))


def test_the_page_is_current(generator):
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == generator["page"](), "run: python docs/make_commands.py"


def test_every_command_is_on_the_page(generator):
    documented = {f"menan_{name}" for names in generator["GROUPS"].values() for name in names}
    assert documented == {path.stem for path in (ROOT / "bin").glob("menan_*.py")}
