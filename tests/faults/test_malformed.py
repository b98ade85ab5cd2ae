"""Whatever is wrong with an input: one line with file and place, status 1, and nothing written."""

import importlib
import signal
from pathlib import Path

import pytest

from tests.faults import (
    malformed,
    malformed_corpora,
    malformed_data,
    malformed_dumps,
    malformed_models,
)

ROWS = [
    *malformed_corpora.ROWS,
    *malformed_data.ROWS,
    *malformed_dumps.ROWS,
    *malformed_models.ROWS,
]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("world")
    malformed.write_world(root)
    return root


@pytest.fixture(autouse=True)
def patience():
    """Nothing may wait for ever, say for a pipe."""

    def give_up(*_):
        raise AssertionError("still busy")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def all_that_is(folder: Path) -> dict[str, object]:
    """Every path below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else path.lstat().st_mode
        for path in folder.rglob("*")
    }


@pytest.fixture
def run(world, tmp_path, monkeypatch, capsys):
    """Runs a row's command in a copy of the world; gives status, standard output and error."""
    malformed.copy_world(world, tmp_path)

    def run(row):
        command, *arguments = row.arguments(tmp_path)
        module = importlib.import_module(f"menan_bin.menan_{command}")
        monkeypatch.setattr("sys.argv", [f"menan-{command}", *arguments])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_it_is_refused_in_one_line_with_its_place(row, run, tmp_path):
    row.spoil(tmp_path)
    before = all_that_is(tmp_path)
    status, out, err = run(row)
    told = [line for line in err.splitlines() if ": error: " in line]
    if row.command.startswith("validate") and not told:
        told = out.splitlines()  # to tell faults is what it is for
    else:
        assert told == err.splitlines()[-1:]
        assert told[0].startswith(f"menan-{row.command.split()[0]}: error: ")
    assert status == 1
    assert "Traceback" not in out + err
    assert any(row.words(tmp_path) in line for line in told), told
    assert all(len(line) < 10_000 for line in told)
    assert all_that_is(tmp_path) == before


# All commands but those that name what is not there, or a wrong option.
WHOLE = {row.command for row in ROWS if row.spoil is not malformed.nothing}


@pytest.mark.parametrize("command", sorted(WHOLE))
def test_without_the_fault_the_command_succeeds(command, run):
    assert run(malformed.Row("", malformed.nothing, command, ""))[0] == 0


def test_every_fault_is_in_the_table_once():
    assert len({row.name for row in ROWS}) == len(ROWS) > 100
