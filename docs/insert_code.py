"""Put the examples of tests/extend into docs/extend.md.

    python docs/insert_code.py

A line ``<!-- code: FILE -->`` is followed by a code block with that file.
tests/docs/test_extend_page.py fails when a block differs from its file.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extend.md"
_PLACE = re.compile(r"<!-- code: (\S+) -->\n(?:\n```python\n.*?\n```\n)?", re.DOTALL)


def with_code(text: str) -> str:
    """The page with the current code in every place."""

    def block(match: re.Match[str]) -> str:
        if not (ROOT / match[1]).exists():
            return match[0]
        code = (ROOT / match[1]).read_text(encoding="utf-8").strip()
        return f"<!-- code: {match[1]} -->\n\n```python\n{code}\n```\n"

    return _PLACE.sub(block, text)


if __name__ == "__main__":
    PAGE.write_text(with_code(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
