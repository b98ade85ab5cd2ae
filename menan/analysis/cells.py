"""Numbers and names as the cells of a table show them."""

import re
from collections.abc import Sequence


def fixed(value: float | None, decimals: int = 2, factor: float = 1.0) -> str:
    """A number for a table cell, with a true minus sign and no negative zero.

    >>> fixed(-0.0001), fixed(-2.345, 1), fixed(0.125, 1, 100), fixed(None)
    ('0.00', '−2.3', '12.5', '–')
    """
    if value is None:
        return "–"
    return f"{round(factor * value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def as_text(name: str) -> str:
    """A name from the data in Markdown: no part of it becomes a cell, a tag or a style.

    >>> as_text("Ses01F"), as_text("a|b<i>")
    ('Ses01F', 'a\\\\|b\\\\<i>')
    """
    return re.sub(r"[\\`*|<\[]", r"\\\g<0>", name)


def interval_text(interval: tuple[float, float]) -> str:
    """
    >>> interval_text((-5.58, 3.0))
    '[−5.6, 3.0]'
    """
    low, high = (fixed(end, 1) for end in interval)
    return f"[{low}, {high}]"


def with_interval(value: float, interval: tuple[float, float]) -> str:
    """
    >>> with_interval(-1.234, (-5.58, 3.0))
    '−1.23 [−5.6, 3.0]'
    """
    return f"{fixed(value)} {interval_text(interval)}"


def table_of(
    header: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[bool] = ()
) -> str:
    """A table in Markdown. The first column is set left, and so are columns of words.

    >>> print(table_of(["system", "UA"], [["ec", "60.1"]]))
    | system | UA |
    | :-- | --: |
    | ec | 60.1 |
    """
    is_words = [*words] or [False] * len(header)
    rule = [":--" if number == 0 or left else "--:" for number, left in enumerate(is_words)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def p_value(value: float | None) -> str:
    """Three decimals; very small values are only bounded.

    >>> p_value(0.00195), p_value(1e-9)
    ('0.002', '< 0.001')
    """
    return "< 0.001" if value is not None and value < 0.001 else fixed(value, 3)


def span(values: Sequence[float], decimals: int = 0, factor: float = 1.0) -> str:
    """One number if all agree as written, else the least and the greatest.

    >>> span([8, 8.0]), span([0.1, 0.25], 1, 100)
    ('8', '10.0 to 25.0')
    """
    ends = [fixed(end, decimals, factor) for end in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)
