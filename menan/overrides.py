"""Options of the command line over a configuration: ``--set`` and names of members."""

import dataclasses
from typing import Any

import yaml

from menan.encoder_settings import EncoderSettings, Table1Settings
from menan.errors import InputError
from menan.settings import (
    BottleneckSettings,
    MaxEntropySettings,
    NoBottleneckSettings,
    ObjectiveSettings,
)
from menan.sockets import Member

# Where a configuration names a member of a socket, and which one by default.
_MEMBERS: dict[tuple[str, str], tuple[type[Member], str]] = {
    ("model", "encoder"): (EncoderSettings, Table1Settings.name),
    ("model", "bottleneck"): (BottleneckSettings, NoBottleneckSettings.name),
    ("runs", "objective"): (ObjectiveSettings, MaxEntropySettings.name),
}


def assign(content: dict[str, Any], text: str) -> None:
    """Set one value in the sections of a configuration.

    ``training.lr=2e-3`` sets a key, ``model.bottleneck.sigma=2`` a setting of a member. With
    several objectives ``runs.objective.lambda=0.2`` applies to each that has this setting.

    >>> content = {"model": {"bottleneck": "noise"}}
    >>> assign(content, "model.bottleneck.sigma=2")
    >>> content
    {'model': {'bottleneck': {'name': 'noise', 'sigma': 2}}}

    Args:
        content: sections of key and value, as in YAML; changed in place.
        text: ``section.key=value`` or ``section.key.setting=value``; the value is YAML.

    Raises:
        InputError: not of this form, or no objective has the setting.
    """
    path, equals, value_text = text.partition("=")
    keys = path.strip().split(".")
    if not equals or len(keys) not in (2, 3) or not all(keys):
        raise InputError(
            f"--set {text}: expected section.key=value, such as training.lr=2e-3 or "
            "model.bottleneck.sigma=2"
        )
    try:
        value = yaml.safe_load(value_text)
    except yaml.YAMLError:
        raise InputError(f"--set {text}: {value_text!r} is not a YAML value") from None
    section, key, *setting = keys
    part = content.setdefault(section, {})
    if not setting:
        part[key] = value
        return
    if (section, key) not in _MEMBERS:
        known = ", ".join(".".join(place) for place in _MEMBERS)
        raise InputError(
            f"--set {text}: only {known} have settings of their own; write "
            f"--set {section}.{key}=value"
        )
    socket, default = _MEMBERS[section, key]
    part[key] = _with_setting(socket, part.get(key) or default, setting[0], value, text)


def keep_settings(value: Any, configured: Any) -> Any:
    """Names of members from the command line, with the settings that a configuration gives them.

    >>> keep_settings(["ec", "menan"], [{"name": "menan", "lambda": 0.2}])
    ['ec', {'name': 'menan', 'lambda': 0.2}]
    """
    if isinstance(value, list):
        items = configured if isinstance(configured, list) else [configured]
        return [kept for one in value for kept in _configured(one, items)]
    return _configured(value, [configured])[0]


def _configured(name: Any, items: list[Any]) -> list[Any]:
    same = [item for item in items if isinstance(item, dict) and item.get("name") == name]
    return same or [name]


def _with_setting(socket: type[Member], given: Any, setting: str, value: Any, text: str) -> Any:
    if setting == "name":
        raise InputError(f"--set {text}: name the member itself, such as model.bottleneck=noise")
    members = given if isinstance(given, list) else [given]
    changed, applied = [], False
    for member in members:
        settings = {"name": member} if isinstance(member, str) else dict(member)
        fields = dataclasses.fields(socket.named(str(settings.get("name"))))
        if len(members) == 1 or setting in {field.name.rstrip("_") for field in fields}:
            settings[setting] = value
            applied = True
        changed.append(settings if len(settings) > 1 else member)
    if not applied:
        raise InputError(f"--set {text}: no {socket.socket} here has the setting {setting!r}")
    return changed if isinstance(given, list) else changed[0]
