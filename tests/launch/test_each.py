import subprocess
import sys
from pathlib import Path

import pytest

EACH = Path(__file__).resolve().parents[2] / "utils" / "each.py"


def each(*words):
    return subprocess.run([sys.executable, EACH, *words], capture_output=True, text=True)


def test_the_name_of_the_number_stands_in_the_command():
    done = each("2", "a", "b c", "--", "printf", "%s;", "x/{}/{}", "--", "{", "$HOME")
    assert (done.returncode, done.stdout) == (0, "x/b c/b c;--;{;$HOME;")


def test_the_exit_status_is_the_commands():
    assert each("1", "7", "--", "sh", "-c", "exit {}").returncode == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1", "a"], "expected NUMBER NAME... -- COMMAND"),
        (["1", "a", "--"], "expected NUMBER NAME... -- COMMAND"),
        (["--", "true"], "expected NUMBER NAME... -- COMMAND"),
        (["0", "a", "--", "true"], "0: expected a number from 1 to 1"),
        (["3", "a", "b", "--", "true"], "3: expected a number from 1 to 2"),
        (["x", "a", "--", "true"], "x: expected a number from 1 to 1"),
        (["1", "a", "--", "no-such-command"], "no-such-command: No such file"),
    ],
)
def test_wrong_uses_are_one_line(words, said):
    done = each(*words)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
