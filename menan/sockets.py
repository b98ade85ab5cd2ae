"""What the five sockets share: a member has a name, settings of its own, and a place in a table.

A member is written as its name, or as a mapping with its settings::

    bottleneck: noise
    bottleneck: {name: noise, sigma: 2}
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from typing_extensions import Self

from menan.errors import InputError
from menan.files.mapping import from_mapping, plain_value


@dataclass(frozen=True)
class Member:
    """The settings of one member of a socket. Each socket has a base class, each member a subclass.

    name: how configurations and options call the member.
    socket: what the socket is called in messages, such as ``encoder``; set by the base class.
    table: the socket's members by name; set by the base class.
    keys_0_1: keys of version 0.1.0's section ``training``, by today's settings.
    """

    name: ClassVar[str]
    socket: ClassVar[str]
    table: ClassVar[dict[str, type["Member"]]]
    keys_0_1: ClassVar[dict[str, str]] = {}

    @classmethod
    def from_plain(cls, value: Any, where: str) -> Self:
        """A member from YAML or JSON: its name, or a mapping with ``name`` and settings.

        Raises:
            InputError: no such member, or an unknown or wrong setting; ``where`` begins it.
        """
        if isinstance(value, cls):
            return value
        mapping = {"name": value} if isinstance(value, str) else value
        if not isinstance(mapping, dict) or not isinstance(mapping.get("name"), str):
            raise InputError(
                f"{where}: expected the name of one {cls.socket}, or "
                f"{{name: ..., setting: ...}}; choose from {', '.join(cls.table)}"
            )
        settings = {key: setting for key, setting in mapping.items() if key != "name"}
        try:
            member = cls.named(mapping["name"])
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        return from_mapping(member, settings, f"{where} {member.name}")

    @classmethod
    def named(cls, name: str) -> type[Self]:
        """The member of that name.

        Raises:
            InputError: there is none.
        """
        if name not in cls.table:
            raise InputError(
                f"unknown {cls.socket} {name[:80]!r}; choose from {', '.join(cls.table)}, or load "
                "the file that defines it with --plugin"
            )
        return cast(type[Self], cls.table[name])

    @classmethod
    def add(cls, member: type[Self]) -> None:
        """Add a member to the socket's table, for plugins.

        Raises:
            InputError: the name is taken.
        """
        if member.name in cls.table:
            raise InputError(
                f"the {cls.socket} {member.name!r} exists already; choose another name"
            )
        cls.table[member.name] = member

    def to_plain(self) -> str | dict[str, Any]:
        """The inverse of :meth:`from_plain`: the name alone where the member has no settings."""
        settings = {
            field.name.rstrip("_"): plain_value(getattr(self, field.name))
            for field in dataclasses.fields(self)
        }
        return {"name": self.name, **settings} if settings else self.name

    @property
    def tag(self) -> str:
        """The settings that differ from the defaults, for the name of a directory.

        Empty where none differs; ``lambda0.2`` or ``lambda0.2-order3`` otherwise.
        """
        changed = [
            f"{field.name.rstrip('_')}{getattr(self, field.name)}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != _default(field)
        ]
        return "-".join(changed)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
