"""The code of docs/quickstart.md works; what it says of the model is what the card says."""

import re

from menan.model.model_file import load_model
from menan.shipped import DEFAULT
from tests.docs.page_blocks import ROOT, blocks

PAGE = "docs/quickstart.md"


def form(line: str) -> str:
    """A line without its figures and its label."""
    path, _, posteriors = line.split("\t")
    return f"{path}\t{re.sub('[0-9]', '0', posteriors)}"


def test_the_page_works_and_shows_the_form_of_the_output(reader, capsys):
    reader.records("my.wav")
    reader.records("talk.wav", seconds=10)
    reader.reads("docs/quickstart.md")
    shown = next(block.text for block in blocks(PAGE) if block.language == "text")
    first, second = list(reader.printed.values())
    assert form(first.rstrip("\n")) == form(shown.rstrip("\n"))
    assert [line.split("\t")[1:3] for line in second.splitlines()[1:3]] == [
        ["0.00", "4.00"],
        ["2.00", "6.00"],
    ]
    assert (reader.folder / "talk.png").read_bytes().startswith(b"\x89PNG")
    assert len(capsys.readouterr().out.splitlines()) == 1 + 7  # a label, and windows every second


def test_the_page_tells_what_the_card_tells():
    _, card = load_model(DEFAULT)
    assert card.description is not None
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for fact in (
        f"`{DEFAULT}`",
        f"about {100 * card.description.ua:.0f} % of cases",
        f"gives {100 / len(card.emotions):.0f} %",
        f"{len(card.speakers)} actors",
        f"longer than {card.features.seconds:g} s",
        *(f"`{emotion}`" for emotion in card.emotions),
    ):
        assert fact in text
