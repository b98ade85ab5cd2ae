"""Reading YAML files that may be untrusted: configurations and the records beside features."""

from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError


class _Loader(yaml.SafeLoader):
    """Plain values only, and no aliases: aliases let a short file expand without end."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="aliases are not allowed; write the value out",
                problem_mark=self.peek_event().start_mark,
            )
        return super().compose_node(parent, index)


def read_yaml(path: str | Path) -> Any:
    """The content of a YAML file as plain Python values; None for an empty file.

    Raises:
        InputError: the file cannot be read, is not YAML, or has an alias.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    try:
        return _Loader(text).get_single_data()
    # PyYAML does not catch what int, float, datetime and deep recursion raise.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not YAML: {reason}") from None
