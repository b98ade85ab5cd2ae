"""Dataclasses from mappings of YAML or JSON values, and back."""

import contextlib
import dataclasses
import difflib
import math
import reprlib
import typing
from typing import Any, TypeVar

from menan.errors import InputError

T = TypeVar("T")


def from_mapping(cls: type[T], mapping: Any, where: str) -> T:
    """An instance of the dataclass ``cls`` from a mapping of YAML values.

    A scalar given for a sequence stands for the sequence of it alone. A type with a class method
    ``from_plain(value, where)`` converts itself (:class:`menan.sockets.Member`).

    Raises:
        InputError: beginning with ``where``.
    """
    if not isinstance(mapping, dict):
        raise InputError(f"{where}: expected 'key: value' lines, found {_shown(mapping)}")
    fields = {field.name.rstrip("_"): field for field in dataclasses.fields(cls)}
    refuse_unknown(mapping, fields, f"{where}: unknown key")
    types_by_name = typing.get_type_hints(cls)
    values = {
        fields[key].name: _convert(value, types_by_name[fields[key].name], f"{where}.{key}")
        for key, value in mapping.items()
    }
    try:
        return cls(**values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def to_mapping(config: Any) -> dict[str, Any]:
    """The inverse of :func:`from_mapping`, with plain YAML values."""
    return {
        field.name.rstrip("_"): plain_value(getattr(config, field.name))
        for field in dataclasses.fields(config)
    }


def plain_value(value: Any) -> Any:
    """A value of a dataclass as YAML or JSON has it."""
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    return value


def refuse_unknown(given: dict, known: dict, message: str) -> None:
    """Raise InputError for a key that is not known, naming the nearest that is.

    Args:
        message: its beginning.
    """
    for key in given:
        if key not in known:
            text = key[:80] if isinstance(key, str) else ""
            near = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
            if near:
                hint = f"did you mean {near[0]!r}?"
            else:
                hint = f"choose from {', '.join(known)}" if known else "it has no settings"
            raise InputError(f"{message} {_shown(key)}; {hint}")


def _convert(value: Any, wanted: Any, where: str) -> Any:
    if typing.get_origin(wanted) is tuple:
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_convert(item, typing.get_args(wanted)[0], where) for item in items)
    if hasattr(wanted, "from_plain"):
        return wanted.from_plain(value, where)
    # Options arrive as text; YAML reads 1e-3 (no dot) as text too.
    if isinstance(value, str) and wanted in (int, float):
        with contextlib.suppress(ValueError):
            value = wanted(value)
    if isinstance(value, int) and value.bit_length() > 63:
        raise InputError(f"{where}: a number of {value.bit_length()} bits is too large; 63 will do")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is str and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{where}: expected a finite number, found {value!r}")
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise InputError(f"{where}: expected {wanted.__name__}, found {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value in a message, which stays short whatever a file holds."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python prints no integer of more than 4300 digits
        return "a number of thousands of digits"
