"""docs/commands.md is what docs/make_commands.py writes, and covers every command."""

import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "make_commands.py"


def test_the_page_is_current():
    # In a process of its own: members that other tests add would stand in the help texts.
    code = f"import runpy; print(runpy.run_path({str(SCRIPT)!r})['page'](), end='')"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == made.stdout, "run: make pages"


def test_every_command_is_on_the_page():
    groups = runpy.run_path(str(SCRIPT))["GROUPS"]
    documented = {f"menan_{name}" for names in groups.values() for name in names}
    assert documented == {path.stem for path in (ROOT / "bin").glob("menan_*.py")}
