"""The public names of menan: what they are, where they come from, and that they load lazily."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import menan

STUB = Path(menan.__file__).with_name("__init__.pyi")


@pytest.mark.parametrize("name", menan.__all__)
def test_a_public_name_exists_and_is_listed(name):
    assert getattr(menan, name) is not None
    assert name in dir(menan)


@pytest.mark.parametrize("name", [name for name in menan.__all__ if name != "__version__"])
def test_a_public_name_is_documented(name):
    assert getattr(menan, name).__doc__.strip()
    assert name in menan.__doc__


def test_type_checkers_see_the_same_names():
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == menan._DEFINED_IN


def test_importing_menan_loads_neither_torch_nor_numpy():
    code = "import sys, menan; dir(menan); print({'torch', 'numpy'} & set(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "set()"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'embed'"):
        menan.embed  # noqa: B018
