"""Files of menan-attack, held against their type."""

from pathlib import Path

from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.leakage.leakage_files import read_json
from menan.errors import InputError
from menan.files.mapping import from_mapping


def read_attack(path: Path) -> AttackResult:
    """The result in a file of menan-attack.

    Raises:
        InputError: the file is something else.
    """
    try:
        return from_mapping(AttackResult, read_json(path), "attack")
    except InputError as error:
        raise InputError(f"{path}: not what menan-attack writes ({error}); attack again") from None


def found_attack(path: Path) -> AttackResult | None:
    """What menan-attack wrote to a file before; None if it is something else, or missing."""
    try:
        return read_attack(path)
    except InputError:
        return None
