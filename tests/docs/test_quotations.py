"""What the pages quote of results stands in the results."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = sorted(ROOT.glob("egs/*/results_*/*.md"))
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


def quotes(page: Path) -> list[str]:
    """The block quotes of a page, a line each."""
    found = re.findall(r"(?:^> .*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [" ".join(line.removeprefix("> ") for line in quote.splitlines()) for quote in found]


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_a_quotation_stands_in_a_result(page):
    results = [path.read_text(encoding="utf-8") for path in RESULTS]
    for quote in quotes(page):
        assert any(quote in result for result in results), quote


def test_the_page_on_invariance_quotes_both_studies():
    assert len(quotes(ROOT / "docs" / "invariance.md")) >= 2
