"""docs/own_corpus.md goes from file names to a scored model."""

import json


def test_the_page_works(reader):
    reader.records("my.wav")
    reader.reads("docs/own_corpus.md")
    printed = "".join(reader.printed.values())
    assert "path,speaker,gender,emotion" in printed
    assert "32 utterances of 4 speakers" in printed
    assert "UA" in printed
    exp = reader.folder / "exp/ravdess"
    for system in ("ec", "menan"):
        found = json.loads((exp / f"leakage/{system}.json").read_text())
        assert found["sets"]["train"]["embeddings"]["raw"] is not None
    text = (exp / "RESULTS.md").read_text()
    assert "| `menan` | here |" in text
    assert "Leakage" in text
    assert printed.splitlines()[-1].startswith("my.wav\t")
