"""Colours and markers of systems, emotions and speakers, the same in every figure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from menan.analysis.system_names import system_order
from menan.settings import ObjectiveSettings

# Okabe and Ito's colours, which colour-blind readers can tell apart; markers for print.
COLOURS = ("#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
# matplotlib's markers, and the characters that stand for them in text.
GLYPHS = dict(zip(("o", "^", "s", "D", "v", "P", "X", "p", "*"), "●▲■◆▼✚✖⬟★", strict=True))
MARKERS = tuple(GLYPHS)


class Look(NamedTuple):
    """How a system or class is drawn: an sRGB colour, a marker of matplotlib's and as a letter."""

    colour: str
    marker: str
    glyph: str


def system_looks(names: Iterable[str]) -> dict[str, Look]:
    """Looks by system. An objective with default settings has the same look in every report."""
    numbers = {name: number for number, name in enumerate(ObjectiveSettings.table)}
    for name in sorted(set(names), key=system_order):
        numbers.setdefault(name, len(numbers))
    return {name: _look(numbers[name]) for name in sorted(numbers, key=system_order)}


def class_looks(names: Sequence[str]) -> dict[str, Look]:
    """Looks of emotions or speakers, in the order given; the first 54 differ."""
    return {name: _look(number) for number, name in enumerate(names)}


def _look(number: int) -> Look:
    turn, place = divmod(number, len(COLOURS))
    # After each round of colours the markers move on by one.
    marker = MARKERS[(place + turn) % len(MARKERS)]
    return Look(COLOURS[place], marker, GLYPHS[marker])
