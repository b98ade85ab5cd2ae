"""Regular files, by names that users and tables give."""

import os
from pathlib import Path


def is_file(path: str | Path) -> bool:
    """Whether a regular file of this name exists; False for names that are too long."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises OSError for such a name)
