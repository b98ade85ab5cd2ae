"""All code on the pages runs, or tests/docs/substitutions.yaml says why not."""

import re
from pathlib import Path

import pytest
import yaml

from menan.analysis.tables.published import PublishedProtocol
from menan.config import load_config
from menan.files.mapping import from_mapping
from tests.docs.page_blocks import (
    EVERYWHERE,
    LANGUAGES,
    PAGES,
    ROOT,
    as_run,
    blocks,
    commands,
    substitutions,
)

CODE = [block for page in PAGES for block in blocks(page) if block.language in ("sh", "python")]
YAML = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
READ = {page for page in PAGES if any(map(as_run, blocks(page)))}


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_all_code_stands_in_fences_that_name_a_language(page):
    without = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"^\n    \S", without, re.MULTILINE), "indented code; use ```sh or ```text"
    assert {block.language for block in blocks(page)} <= LANGUAGES
    assert "```" not in without


def test_every_replaced_text_stands_on_its_page():
    for page, texts in substitutions().replaced.items():
        code = [block.text for block in CODE if page in (EVERYWHERE, block.page)]
        idle = [text for text in texts if not any(text in one for one in code)]
        assert not idle, f"{page}: {idle} replace nothing"


def test_every_command_that_is_not_run_stands_on_its_page():
    for page, reasons in substitutions().not_run.items():
        found = {c for b in CODE if b.page == page for c in commands(b.text)}
        assert reasons.keys() <= found, f"{page}: {reasons.keys() - found} are not there"
        assert all(reasons.values())


def test_every_page_with_code_is_read_by_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {page for page in READ if f'reads("{page}"' not in tests} == set()


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.where)
def test_yaml_is_a_configuration_or_a_table_of_published_figures(tmp_path, block):
    content = yaml.safe_load(block.text)
    if "citation" in content:
        from_mapping(PublishedProtocol, content, block.where)
    else:
        (tmp_path / "own.yaml").write_text(block.text)
        load_config(tmp_path / "own.yaml")


def test_packages_that_a_page_installs_are_extras_of_the_setup():
    named = {name for page in PAGES for name in re.findall(r"\.\[(\w+)\]'", text_of(page))}
    extras = set(re.findall(r'^        "(\w+)": \[', text_of("setup.py"), re.MULTILINE))
    assert named
    assert named <= extras
