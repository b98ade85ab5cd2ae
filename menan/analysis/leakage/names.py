"""What reports call a system: its objective, its bottleneck, and what of it was probed."""

import re

from menan.config import TrainingConfig

NO_BOTTLENECK = "none"
BOTTLENECK = re.compile(r"none|noise [0-9]+(\.[0-9]+)?(e-[0-9]+)?|fsq [0-9]+")


def bottleneck_label(training: TrainingConfig) -> str:
    """Kind and strength: the standard deviation of the noise, or the levels of a dimension.

    Two bottlenecks that differ have different labels.

    >>> bottleneck_label(TrainingConfig(bottleneck="noise", noise_sigma=0.5))
    'noise 0.5'
    """
    if training.bottleneck == "noise":
        return f"noise {training.noise_sigma!r}".removesuffix(".0")
    if training.bottleneck == "fsq":
        return f"fsq {training.fsq_levels}"
    return NO_BOTTLENECK


def bottleneck_order(label: str) -> tuple[int, str, float]:
    """Sorts labels: none, then by kind and strength.

    >>> sorted(["noise 10", "noise 2", "none", "fsq 3"], key=bottleneck_order)
    ['none', 'fsq 3', 'noise 2', 'noise 10']
    """
    kind, _, strength = label.partition(" ")
    return (kind != NO_BOTTLENECK, kind, float(strength or 0))


def system_label(objective: str, bottleneck: str, draws: int = 1) -> str:
    """A bottleneck is named where there is one, draws where several were averaged.

    >>> system_label("ec", "none"), system_label("menan", "noise 1", 32)
    ('ec', 'menan, noise 1, mean of 32 draws')
    """
    parts = [objective]
    if bottleneck != NO_BOTTLENECK:
        parts.append(bottleneck)
    if draws > 1:
        parts.append(f"mean of {draws} draws")
    return ", ".join(parts)
