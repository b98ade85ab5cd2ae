"""Which code made a result."""

import hashlib
import subprocess
from functools import lru_cache
from pathlib import Path

from menan import __version__

PACKAGE = Path(__file__).resolve().parent


def code_version() -> str:
    """The package's version, with the git hash where it runs from a checkout.

    ``+`` after the hash says that tracked files differ from it.
    """
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return __version__
    described = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{__version__} ({described.stdout.strip() or 'git hash unknown'})"


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Twelve hexadecimal digits that change with any line of the package's Python and C++.

    Unlike a git hash they tell two states of a dirty checkout apart, and are there without git.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".h", ".cc"):
            digest.update(f"{path.relative_to(PACKAGE)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
