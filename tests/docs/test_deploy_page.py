"""The code of docs/deploy.md works, and the exported model says what menan-predict says."""

import pytest

import menan


def test_the_page_works(reader, earlier, capsys):
    reader.has(earlier / "exp")
    reader.records("my.wav")
    reader.reads("docs/deploy.md")
    predicted = menan.load_model("ravdess-logmel").predict("my.wav").posteriors
    printed = eval(capsys.readouterr().out.splitlines()[0])
    assert printed == pytest.approx(predicted, abs=1e-4)
