"""Plugins in tests: loaded for one test, and forgotten after it."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from menan import plugins
from menan.encoder_settings import EncoderSettings
from menan.features.front_end import EXTRACTORS
from menan.front_ends import FrontEnd
from menan.model.bottlenecks import BOTTLENECKS
from menan.model.encoders import ENCODERS
from menan.settings import BottleneckSettings, ObjectiveSettings
from menan.training.objectives import OBJECTIVES

TOYS = Path(__file__).parent
collect_ignore_glob = ["toy_*.py"]  # loading a plugin adds its members
TABLES = (
    *(EncoderSettings.table, BottleneckSettings.table, ObjectiveSettings.table, FrontEnd.table),
    *(ENCODERS, BOTTLENECKS, OBJECTIVES, EXTRACTORS, plugins._loaded),
)


@pytest.fixture
def forget_plugins() -> Iterator[Callable[[], None]]:
    """Take all members of plugins out of the tables again."""
    before = [dict(table) for table in TABLES]

    def forget() -> None:
        for table, members in zip(TABLES, before, strict=True):
            table.clear()
            table.update(members)

    yield forget
    forget()


@pytest.fixture
def load(forget_plugins) -> Callable[..., None]:
    """Load toys by name."""
    return lambda *names: plugins.load_plugins([TOYS / f"toy_{name}.py" for name in names])


@pytest.fixture
def run(forget_plugins, monkeypatch, capsys) -> Callable[..., str]:
    """Run a command in this process; gives its output, or fails with its error."""

    def call(command: str, *options: str | Path) -> str:
        module = importlib.import_module(f"menan_bin.{command.replace('-', '_')}")
        monkeypatch.setattr("sys.argv", [command, *map(str, options)])
        with pytest.raises(SystemExit) as stop:
            module.main()
        shown = capsys.readouterr()
        assert stop.value.code == 0, shown.err
        return shown.out

    return call
