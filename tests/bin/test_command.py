import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer

from menan.errors import InputError
from menan_bin.command import Switch, command_of, main_of, new_app

BIN = Path(__file__).resolve().parents[2] / "bin"
COMMANDS = sorted(path.stem for path in BIN.glob("menan_*.py"))


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command whose body is given; returns exit status, stdout and stderr."""

    def call(body, *arguments):
        app = new_app()

        @app.command()
        def demo(
            read_audio: Annotated[Switch, typer.Option()] = Switch.false,
            hold_out: Annotated[str, typer.Option()] = "none",
            speed: Annotated[int, typer.Option()] = 1,
        ) -> None:
            """Shows what it was given."""
            body(read_audio, hold_out, speed)

        monkeypatch.setattr(sys, "argv", ["menan-demo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main_of(app, "menan-demo")()
        return ended.value.code, *capsys.readouterr()

    return call


def show(read_audio, hold_out, speed):
    print(bool(read_audio), hold_out, speed)


def raising(error):
    def body(*_):
        raise error

    return body


@pytest.mark.parametrize(
    "arguments",
    [
        ("--hold-out", "g_1-a", "--read-audio", "true"),
        ("--hold_out", "g_1-a", "--read_audio", "true"),
        ("--hold_out=g_1-a", "--read-audio=true"),
    ],
)
def test_options_take_dash_and_underscore_alike_and_values_keep_theirs(run, arguments):
    assert run(show, *arguments) == (0, "True g_1-a 1\n", "")


def test_a_file_name_that_is_not_utf_8_is_told(run):
    latin = os.fsdecode("père.wav".encode("latin-1"))
    assert run(lambda *_: print(latin)) == (0, "p\\udce8re.wav\n", "")


def test_a_boolean_is_true_or_false_and_nothing_else(run):
    assert run(show, "--read-audio", "false")[1] == "False none 1\n"
    status, out, err = run(show, "--read-audio", "yes")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "--read-audio" in err
    assert "'yes'" in err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("--hold-in", "x"), "--hold-in"), (("--speed", "fast"), "--speed"), (("extra",), "extra")],
)
def test_a_usage_error_is_one_line_that_points_to_the_help(run, arguments, word):
    status, out, err = run(show, *arguments)
    assert (status, out) == (1, "")
    assert err.startswith("menan-demo: error: ")
    assert err.endswith("(see menan-demo --help)\n")
    assert err.count("\n") == 1
    assert word in err


def test_wrong_input_is_one_line_and_status_1(run):
    assert run(raising(InputError("utt2emo:3: unknown\n  emotion; mend it"))) == (
        1,
        "",
        "menan-demo: error: utt2emo:3: unknown emotion; mend it\n",
    )


def test_an_error_of_the_system_names_its_file(run, tmp_path):
    status, _, err = run(lambda *_: (tmp_path / "absent").read_text())
    assert (status, err) == (
        1,
        f"menan-demo: error: {tmp_path}/absent: No such file or directory\n",
    )
    assert run(raising(OSError("no more room")))[2] == "menan-demo: error: no more room\n"


def test_an_interruption_has_the_shell_s_status(run):
    status, _, err = run(raising(KeyboardInterrupt()))
    assert status == 130
    assert err.strip() == "menan-demo: error: interrupted"


def test_a_mistake_of_our_own_keeps_its_traceback(run):
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError()))


def test_a_command_can_choose_its_status(run):
    assert run(raising(typer.Exit(1))) == (1, "", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_shows_options_and_exits_well(run, option):
    status, out, _ = run(show, option)
    assert status == 0
    assert "--read-audio" in out
    assert "Shows what it was given." in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_switch_takes_true_or_false_and_no_default_stands_in_parentheses(name):
    command = command_of(importlib.import_module(f"menan_bin.{name}").app)
    for one in (command, *getattr(command, "commands", {}).values()):
        for option in one.params:
            assert not getattr(option, "is_flag", False), option.opts
            assert not isinstance(option.show_default, str), option.opts
