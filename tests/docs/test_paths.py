"""Files that the pages name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
# Paths of the repository in code, such as `menan/labels.py`; placeholders such as <fold> are not.
_NAMED = re.compile(
    r"\b(?:menan|tests|docs|benchmarks|egs|bin)/[\w./-]*\w\.(?:py|md|sh|yaml|h|cc)\b"
)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_a_page_names_files_that_exist(page):
    text = page.read_text(encoding="utf-8")
    missing = sorted({name for name in _NAMED.findall(text) if not (ROOT / name).exists()})
    assert not missing, f"{page.name} names files that do not exist: {missing}"
