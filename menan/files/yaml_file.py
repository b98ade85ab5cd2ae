"""YAML files, which may come from strangers: configurations and the records beside features."""

from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError


class _Loader(yaml.SafeLoader):
    """Plain values only, and no aliases: with those a short file stands for an endless one."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="an alias; write out what it stands for",
                problem_mark=self.peek_event().start_mark,
            )
        return super().compose_node(parent, index)


def read_yaml(path: str | Path) -> Any:
    """What a YAML file holds, as plain Python values; None for an empty one.

    Raises:
        InputError: it cannot be read, or is not YAML, or has an alias.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    try:
        return _Loader(text).get_single_data()
    # PyYAML lets through what int, float, datetime and the depth of recursion raise.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not YAML: {reason}") from None
