"""Reading YAML files that may be untrusted: configurations and the records beside features."""

from pathlib import Path
from typing import Any

import yaml

from menan.errors import InputError

MOST_LEVELS = 50  # lists and mappings in brackets, inside each other


class _Loader(yaml.SafeLoader):
    """Plain values only, no aliases, no deep nesting.

    Aliases let a short file expand without end. The time for nested brackets grows with the square
    of their number.
    """

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level == MOST_LEVELS:
            raise yaml.MarkedYAMLError(
                problem=f"brackets are nested more than {MOST_LEVELS} levels deep; remove some",
                problem_mark=self.get_mark(),
            )
        super().fetch_flow_collection_start(token)

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
        InputError: the file cannot be read, is not YAML, has an alias, or is nested too deeply.
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
