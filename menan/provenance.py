"""The version of the code, for the records of results."""

import hashlib
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from menan import __version__

PACKAGE = Path(__file__).resolve().parent


def code_version() -> str:
    """The package's version, with the git hash if it runs from a checkout.

    ``+`` after the hash means that tracked files have changed since that commit.
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

    Unlike a git hash, the digest differs between two states of a changed checkout, and it does not
    need git.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".h", ".cc"):
            digest.update(f"{path.relative_to(PACKAGE)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def computed_by() -> str:
    """The code and the numerical libraries, as a key of results that are kept."""
    libraries = ("numpy", "scipy", "scikit-learn", "torch")
    return " ".join([code_digest(), *(f"{name} {version(name)}" for name in libraries)])
