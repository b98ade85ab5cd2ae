"""Which code made a result."""

import subprocess
from pathlib import Path

from menan import __version__


def code_version() -> str:
    """The package's version, with the git hash where it runs from a checkout.

    ``+`` after the hash says that tracked files differ from it.
    """
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return __version__
    described = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{__version__} ({described.stdout.strip() or 'git hash unknown'})"
