"""menan-synthesize as a user calls it."""

import sys

import pytest

from menan_bin.menan_synthesize import main


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command; return exit status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["menan-synthesize", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return exit_.value.code, captured.out, captured.err

    return run


SHORT = ("--min-seconds", 0.5, "--max_seconds", 0.6)


def test_iemocap_is_written_and_counted(call, tmp_path):
    out = tmp_path / "corpus"
    status, said, _ = call("iemocap", out, "--sessions", 1, "--utts_per_emotion", 1, *SHORT)
    assert (status, said) == (0, f"{out}: 14 turns of 2 speakers\n")
    assert len(list(out.glob("Session1/sentences/wav/*/Ses*.wav"))) == 14


def test_mosei_is_written_and_counted(call, tmp_path):
    out = tmp_path / "corpus"
    status, said, _ = call("mosei", out, "--videos", 4, "--segments-per-video", 2, *SHORT)
    assert (status, said) == (0, f"{out}: 8 labelled segments of 4 videos\n")
    assert len(list(out.glob("Raw/Audio/Full/WAV_16000/*.wav"))) == 3


@pytest.mark.parametrize(
    ("corpus", "told", "wavs"),
    [
        ("cremad", "72 clips", 72),
        ("emodb", "140 sentences", 140),
        ("meld", "112 utterances", 104),
        ("msp-podcast", "180 turns", 180),
    ],
)
def test_corpora_of_clips_are_written_and_counted(call, tmp_path, corpus, told, wavs):
    out = tmp_path / "corpus"
    status, said, _ = call(corpus, out, *SHORT)
    assert (status, said) == (0, f"{out}: {told}\n")
    assert len(list(out.rglob("*.wav"))) == wavs


@pytest.mark.parametrize(
    "arguments",
    [
        ("iemocap", "--sessions", "0"),
        ("iemocap", "--utts-per-emotion", "0"),
        ("iemocap", "--seed", "-1"),
        ("mosei", "--videos", "3"),
        ("mosei", "--segments-per-video", "1"),
        ("mosei", "--min-seconds", "4"),
    ],
)
def test_impossible_options_are_one_line_and_write_nothing(call, tmp_path, arguments):
    status, said, complaint = call(*arguments, tmp_path / "corpus")
    assert (status, said) == (1, "")
    assert complaint.startswith("menan-synthesize: error: ")
    assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("corpus", ["iemocap", "mosei"])
def test_a_directory_with_content_is_refused(call, tmp_path, corpus):
    (tmp_path / "mine").touch()
    status, _, complaint = call(corpus, tmp_path)
    assert status == 1
    assert complaint == (
        f"menan-synthesize: error: {tmp_path}: is not empty; remove it or name another directory\n"
    )
