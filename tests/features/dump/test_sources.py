import pytest

from menan.errors import InputError
from menan.features.dump.sources import AudioSource, read_sources


def write(folder, **files):
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


def test_without_segments_an_utterance_is_a_whole_recording(tmp_path):
    write(tmp_path, wav_scp="a /audio/a file.wav\nb /audio/b.wav\n")
    expected = {"b": AudioSource("/audio/b.wav"), "a": AudioSource("/audio/a file.wav")}
    sources = read_sources(tmp_path, ["b", "a"])
    assert sources == expected
    assert list(sources) == ["b", "a"]


def test_with_segments_an_utterance_is_a_segment(tmp_path):
    write(tmp_path, wav_scp="r /r.wav\n", segments="a r 0.5 1.25\nb r 0 2\n")
    assert read_sources(tmp_path, ["a"]) == {"a": AudioSource("/r.wav", 0.5, 1.25)}


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"wav_scp": "r r.wav\na sox a.mp3 -t wav - |\n"}, r"wav.scp:2: 'a' is a command"),
        ({"wav_scp": "b /b.wav\n"}, r"wav.scp: utterance 'a' of utt2spk is missing"),
        ({"wav_scp": "r /r.wav\n", "segments": "b r 0 1\n"}, r"segments: utterance 'a' of"),
        ({"wav_scp": "r /r.wav\n", "segments": "a r 0\n"}, r"segments:1: expected '<utt> <rec"),
        ({"wav_scp": "r /r.wav\n", "segments": "a r 0 one\n"}, r"segments:1: expected '<utt> <rec"),
        (
            {"wav_scp": "r /r.wav\n", "segments": "a q 0 1\n"},
            r"segments:1: recording 'q' is not in",
        ),
        (
            {"wav_scp": "r /r.wav\n", "segments": "a r 2 1\n"},
            r"segments:1: invalid segment 2 to 1 s",
        ),
        (
            {"wav_scp": "r /r.wav\n", "segments": "a r -1 1\n"},
            r"segments:1: invalid segment -1 to 1",
        ),
        (
            {"wav_scp": "r /r.wav\n", "segments": "a r 0 nan\n"},
            r"segments:1: invalid segment 0 to nan",
        ),
        (
            {"wav_scp": "r /r.wav\n", "segments": "a r 0 inf\n"},
            r"segments:1: invalid segment 0 to inf",
        ),
        ({}, r"wav.scp: cannot be read"),
    ],
)
def test_faults_name_file_and_line(tmp_path, files, complaint):
    write(tmp_path, **files)
    with pytest.raises(InputError, match=complaint):
        read_sources(tmp_path, ["a"])
