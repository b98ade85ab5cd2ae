"""Griffe extension: attributes in class docstrings become a list on the API pages.

The code documents attributes as a paragraph of ``name: text`` lines after the summary.
"""

import re
from typing import Any

import griffe

_ATTRIBUTE = re.compile(r"[a-z_]\w*(, [a-z_]\w*)*: ")


class AttributeSections(griffe.Extension):
    """Puts the heading ``Attributes:`` before such a paragraph."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        if cls.docstring is not None:
            paragraphs = cls.docstring.value.split("\n\n")
            cls.docstring.value = "\n\n".join(map(_with_heading, paragraphs))


def _with_heading(paragraph: str) -> str:
    if not _ATTRIBUTE.match(paragraph):
        return paragraph
    return "\n".join(["Attributes:", *(f"    {line}" for line in paragraph.splitlines())])
