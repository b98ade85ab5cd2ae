"""Dataclasses from mappings of YAML or JSON values, and back."""

import builtins
import contextlib
import dataclasses
import difflib
import math
import reprlib
import types
import typing
from typing import Any, TypeVar

from menan.errors import InputError

T = TypeVar("T")


def from_mapping(cls: type[T], mapping: Any, where: str) -> T:
    """An instance of the dataclass ``cls`` from a mapping of YAML or JSON values.

    Fields may be numbers, strings, booleans, dataclasses, tuples of these (``tuple[X, ...]`` or of
    a fixed length), ``dict[str, X]`` and ``X | None``. A scalar given for a sequence stands for the
    sequence of it alone. A type with a class method ``from_plain(value, where)`` converts itself
    (:class:`menan.sockets.Member`). A field whose name is a word of Python ends with ``_``.

    Raises:
        InputError: an unknown or missing key, a wrong type or value; ``where`` begins the message.
    """
    if not isinstance(mapping, dict):
        raise InputError(f"{where}: expected 'key: value' lines, found {_shown(mapping)}")
    fields = {field.name.rstrip("_"): field for field in dataclasses.fields(_dataclass(cls))}
    refuse_unknown(mapping, fields, f"{where}: unknown key")
    for key, field in fields.items():
        if key not in mapping and _is_required(field):
            raise InputError(f"{where}: the key {key!r} is missing")
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
    """The inverse of :func:`from_mapping`, with plain YAML or JSON values."""
    return {
        field.name.rstrip("_"): plain_value(getattr(config, field.name))
        for field in dataclasses.fields(config)
    }


def plain_value(value: Any) -> Any:
    """A value of a dataclass as YAML or JSON has it."""
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if dataclasses.is_dataclass(value):
        return to_mapping(value)
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
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


def _dataclass(cls: Any) -> Any:
    """``cls``, which is a dataclass: the type of a type variable cannot say so."""
    return cls


def _is_required(field: dataclasses.Field) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _convert(value: Any, wanted: Any, where: str) -> Any:
    parts = typing.get_args(wanted)
    match typing.get_origin(wanted):
        case types.UnionType | typing.Union:
            if value is None and types.NoneType in parts:
                return None
            (wanted,) = (part for part in parts if part is not types.NoneType)
            return _convert(value, wanted, where)
        case builtins.tuple:
            return _convert_tuple(value, parts, where)
        case builtins.dict:
            return _convert_dict(value, parts[1], where)
    if hasattr(wanted, "from_plain"):
        return wanted.from_plain(value, where)
    if dataclasses.is_dataclass(wanted):
        return from_mapping(_dataclass(wanted), value, where)
    return _convert_scalar(value, wanted, where)


def _convert_tuple(value: Any, parts: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    if parts[-1] is Ellipsis:
        return tuple(_convert(item, parts[0], where) for item in items)
    if len(items) != len(parts):
        raise InputError(f"{where}: expected {len(parts)} values, found {len(items)}")
    return tuple(_convert(item, part, where) for item, part in zip(items, parts, strict=True))


def _convert_dict(value: Any, wanted: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{where}: expected a mapping of names, found {_shown(value)}")
    return {key: _convert(item, wanted, f"{where}.{key[:80]}") for key, item in value.items()}


def _convert_scalar(value: Any, wanted: Any, where: str) -> Any:
    if wanted is bool:
        if not isinstance(value, bool):
            raise InputError(f"{where}: expected true or false, found {_shown(value)}")
        return value
    # Options arrive as text; YAML reads 1e-3 (no dot) as text too.
    if isinstance(value, str) and wanted in (int, float):
        with contextlib.suppress(ValueError):
            value = wanted(value)
    if isinstance(value, int) and value.bit_length() > 63:
        raise InputError(f"{where}: integer out of range ({value.bit_length()} bits; at most 63)")
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
