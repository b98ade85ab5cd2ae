"""The code in docs/extend.md is the code that tests/extend runs."""

import runpy
from pathlib import Path

from tests.docs.generated_corpora import write_table

ROOT = Path(__file__).resolve().parents[2]


def test_the_examples_are_the_files_of_tests_extend():
    insert = runpy.run_path(str(ROOT / "docs" / "insert_code.py"))
    page = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    assert page == insert["with_code"](page), "run: make pages"


def test_the_page_names_every_example():
    page = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    for path in (ROOT / "tests" / "extend").glob("toy_*.py"):
        assert str(path.relative_to(ROOT)) in page


def test_the_commands_work(reader, earlier):
    reader.has(earlier / "data", earlier / "dump")
    write_table(reader.folder / "my.csv", reader.generated("ravdess"))
    reader.reads("docs/extend.md")
    systems = {path.parts[-4] for path in reader.folder.glob("exp/*/*/all/all.last.safetensors")}
    assert systems == {"mine", "mean", "means", "bounded"}
