"""What reports call a system: its objective and settings, its bottleneck, what of it was probed.

A system is named like the directory of its trainings, without the seed: the objective, and a tag of
those settings that differ from their defaults, as in ``menan-lambda0.2``.
"""

import re

from menan.settings import ObjectiveSettings


def objective_of(system: str) -> str:
    """The objective of a system, for the systems of objectives that are loaded.

    >>> objective_of("menan-lambda0.2"), objective_of("strange-lambda0.2")
    ('menan', 'strange-lambda0.2')
    """
    names = [name for name in ObjectiveSettings.table if f"{system}-".startswith(f"{name}-")]
    return max(names, key=len, default=system)


def system_order(system: str) -> tuple[int, list[tuple[str, float]]]:
    """Sorts systems: in the order of the table of objectives, then by settings.

    >>> sorted(["menan-lambda0.8", "menan", "ec", "menan-lambda0.25"], key=system_order)
    ['ec', 'menan', 'menan-lambda0.25', 'menan-lambda0.8']
    """
    known = list(ObjectiveSettings.table)
    objective = objective_of(system)
    return known.index(objective) if objective in known else len(known), _natural(system)


def seed_of(directory: str) -> tuple[str, str]:
    """System and seed, as text, of a directory ``<system>_seed<k>``.

    >>> seed_of("menan-lambda0.2_seed10")
    ('menan-lambda0.2', '10')
    """
    system, _, seed = directory.rpartition("_seed")
    return system, seed


def bottleneck_order(label: str) -> list[tuple[str, float]]:
    """Sorts labels of bottlenecks: first the empty one, then by name and strength.

    >>> sorted(["noise 10", "noise 2", "", "fsq 3"], key=bottleneck_order)
    ['', 'fsq 3', 'noise 2', 'noise 10']
    """
    return _natural(label)


def system_label(system: str, bottleneck: str, draws: int = 1) -> str:
    """The system with the label of its bottleneck, and the draws if several were averaged.

    >>> system_label("ec", ""), system_label("menan", "noise 1", 32)
    ('ec', 'menan, noise 1, mean of 32 draws')
    """
    parts = [system]
    if bottleneck:
        parts.append(bottleneck)
    if draws > 1:
        parts.append(f"mean of {draws} draws")
    return ", ".join(parts)


def _natural(text: str) -> list[tuple[str, float]]:
    """Words and numbers in turn, so that 10 comes after 2."""
    parts = re.findall(r"(\D*)(\d+(?:\.\d+)?)?", text)
    return [(word, float(number or 0)) for word, number in parts]
