"""The figures of a section of a page."""

from dataclasses import dataclass

from markupsafe import Markup

from menan.analysis.looks import Look


@dataclass(frozen=True)
class Drawing:
    """The figures of a section, shown below its tables.

    legends: title, and the look of each name.
    figures: SVG and caption.
    """

    legends: tuple[tuple[str, dict[str, Look]], ...] = ()
    figures: tuple[tuple[Markup, str], ...] = ()
    note: str = ""
