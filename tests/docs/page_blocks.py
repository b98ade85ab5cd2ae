"""The code on the pages, and what tests/docs/substitutions.yaml changes in it before it runs.

A block that follows ``<!-- file: NAME -->`` or ``<!-- code: FOLDER/NAME -->`` is the content of the
file NAME, which later blocks of the page use.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")))
)
TABLE = Path(__file__).with_name("substitutions.yaml")
EVERYWHERE = "all pages"
LANGUAGES = {"sh", "python", "yaml", "text"}  # text is shown, not run

_BLOCK = re.compile(
    r"(?:^<!-- (?:file|code): (?:\S*/)?(?P<file>\S+) -->\n\n?)?"
    r"^```(?P<language>\S*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# Help texts are wrapped.
_EXAMPLE = re.compile(r"^  Example: (.*?)\n$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block of code.

    page, line: where its first line stands.
    language: what stands behind the opening fence.
    file: name of the file whose content it is; empty if it is not one.
    """

    page: str
    line: int
    language: str
    text: str
    file: str = ""

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Substitutions:
    """The table. Its sections map a page, or :data:`EVERYWHERE`, to texts.

    replaced: the text on the page, and the text that runs in its place.
    not_run: a whole command, and why it is not run.
    """

    replaced: dict[str, dict[str, str]]
    not_run: dict[str, dict[str, str]]


@cache
def substitutions() -> Substitutions:
    content = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return Substitutions(content["replaced"], content["not run"])


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """The fenced blocks of a page; of docs/commands.md the examples in the help texts, too."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [
        Block(
            page, 1 + text[: m.start("text")].count("\n"), m["language"], m["text"], m["file"] or ""
        )
        for m in _BLOCK.finditer(text)
    ]
    if page == "docs/commands.md":
        found += [
            Block(page, 1 + text[: m.start()].count("\n"), "sh", _unwrapped(m[1]) + "\n")
            for m in _EXAMPLE.finditer(text)
        ]
    return tuple(sorted(found, key=lambda block: block.line))


def commands(text: str) -> list[str]:
    """The commands of a shell block without comments; lines that end in a backslash are joined."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in joined.splitlines())
    return [re.sub(r"\s+", " ", line) for line in lines if line]


def as_run(block: Block) -> Block | None:
    """A block as the tests run it; None if nothing of it is run."""
    table, text = substitutions(), block.text
    if block.language not in ("sh", "python") and not block.file:
        return None
    if block.language == "sh":
        left_out = table.not_run.get(block.page, {})
        if any(command in left_out for command in commands(text)):
            text = "".join(f"{c}\n" for c in commands(text) if c not in left_out)
        if not commands(text):
            return None
    for place in (block.page, EVERYWHERE):
        for old, new in table.replaced.get(place, {}).items():
            text = text.replace(old, new)
    return replace(block, text=text)


def _unwrapped(text: str) -> str:
    return " ".join(text.split())
