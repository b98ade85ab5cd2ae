"""IEMOCAP as released: ``IEMOCAP_full_release/Session1`` to ``Session5``."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from menan.audio import is_file
from menan.corpora.preparation import (
    PaperCounts,
    Preparation,
    corpus_title,
    recording_seconds,
    release_folders,
)
from menan.datadir.tables import read_lines
from menan.datadir.utterances import Utterance
from menan.errors import InputError
from menan.labels import EMOTIONS

# Excitement is taken with happiness (paper section 4); the other labels are left out.
EMOTION_OF_LABEL = {"ang": "ang", "hap": "hap", "exc": "hap", "neu": "neu", "sad": "sad"}


def _paper_counts() -> PaperCounts:
    by_speaker = {
        "Ses01F": (147, 132, 171, 78),
        "Ses01M": (82, 146, 213, 116),
        "Ses02F": (67, 166, 135, 113),
        "Ses02M": (70, 161, 227, 84),
        "Ses03F": (92, 128, 130, 172),
        "Ses03M": (148, 158, 190, 133),
        "Ses04F": (205, 185, 76, 62),
        "Ses04M": (122, 118, 182, 81),
        "Ses05F": (78, 159, 221, 132),
        "Ses05M": (92, 283, 163, 113),
    }
    speakers = {
        speaker: dict(zip(EMOTIONS, counts, strict=True)) | {"all": sum(counts)}
        for speaker, counts in by_speaker.items()
    }
    total = {name: sum(row[name] for row in speakers.values()) for name in (*EMOTIONS, "all")}
    return PaperCounts(total, speakers)


PAPER = _paper_counts()

# [6.2901 - 8.2357]  Ses01F_impro01_F000  neu  [2.5000, 2.5000, 2.5000], by tabs or spaces
_LABEL_LINE = re.compile(
    r"\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\s+(?P<name>\S+)\s+(?P<label>\w+)\s+\[[^\]]*\]"
)
# Dialogue names vary in width (Ses05M_script01_1b): the last underscore tells, no position does.
_TURN_NAME = re.compile(r"(?P<session>Ses\d\d)[FM]_\w+_(?P<speaker>[FM])\w+")
_TRANSCRIPT_LINE = re.compile(r"(?P<name>\S+)\s+\[[\d.]+\s*-\s*[\d.]+\]:\s*(?P<text>.*)")


@dataclass(frozen=True)
class _Turn:
    name: str
    session: str
    letter: str
    label: str


def prepare(root: str | Path) -> Preparation:
    """Utterances of the four emotions, improvised and scripted; 5,531 in the whole release.

    The speaker is the session and the letter after the *last* underscore (``Ses01M`` speaks
    ``Ses01F_impro01_M003``; the first letter tells who wears the markers), the group is the
    session. Turns without audio are left out and named in the warnings.

    Args:
        root: the release, or a part of it with at least one session.

    Raises:
        InputError: not the release, a malformed label line, no audio at all, unreadable audio.
    """
    utterances: list[Utterance] = []
    left_out: Counter[str] = Counter()
    no_audio: list[str] = []
    no_labels: list[str] = []
    for session in release_folders(root, "Session[0-9]*", "IEMOCAP's Session1 to Session5"):
        # Only the files directly here: the folders beside them hold single raters' opinions.
        label_files = _visible(session / "dialog" / "EmoEvaluation")
        if not label_files:
            no_labels.append(str(session))
        for label_file in label_files:
            dialogue = label_file.stem
            texts = _transcripts(session / "dialog" / "transcriptions" / f"{dialogue}.txt")
            for turn in _turns(label_file):
                path = session / "sentences" / "wav" / dialogue / f"{turn.name}.wav"
                if turn.label not in EMOTION_OF_LABEL:
                    left_out[turn.label] += 1
                elif not is_file(path):
                    no_audio.append(str(path))
                else:
                    utterances.append(_utterance(turn, path, texts.get(turn.name)))
    if no_audio and not utterances:
        raise InputError(
            f"{no_audio[0]}: no such file, nor any other of the {len(no_audio)} labelled turns; "
            "unpack the sentences/wav folders of the release"
        )
    if not utterances:
        raise InputError(
            f"{root}: no turn of {' '.join(EMOTION_OF_LABEL)} in any "
            "Session*/dialog/EmoEvaluation/*.txt; unpack these files of the release"
        )
    if no_audio:
        left_out["no audio"] = len(no_audio)
    no_text = [u.utt for u in utterances if not u.text]
    found = {
        "sessions without label files": no_labels,
        "labelled turns without audio": no_audio,
        # A release without any transcription is a choice; one that lacks some is not.
        "turns without transcription, so no text is written": (
            no_text if len(no_text) < len(utterances) else []
        ),
    }
    warnings = {what: cases for what, cases in found.items() if cases}
    title = corpus_title(root, "IEMOCAP")
    return Preparation(title, utterances, dict(left_out), warnings, PAPER)


def _visible(folder: Path) -> list[Path]:
    """Text files but for macOS's ``._`` companions, which are not text."""
    return sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))


def _turns(label_file: Path) -> Iterator[_Turn]:
    """The bracketed lines of a label file; the raters' lines between them are passed over."""
    seen = set()
    for number, line in enumerate(read_lines(label_file), start=1):
        if not line.lstrip().startswith("["):
            continue
        where = f"{label_file}:{number}"
        match = _LABEL_LINE.fullmatch(line.strip())
        if match is None:
            raise InputError(
                f"{where}: expected '[start - end] turn label [valence, activation, dominance]', "
                f"found {line.strip()[:80]!r}; restore the file from the release"
            )
        name = match["name"]
        parts = _TURN_NAME.fullmatch(name)
        if parts is None or name.rpartition("_")[0] != label_file.stem:
            raise InputError(
                f"{where}: {name!r} is no turn of {label_file.stem} ({label_file.stem}_F000 would "
                "be); restore the file from the release"
            )
        if name in seen:
            raise InputError(f"{where}: turn {name!r} stands here twice; keep one line of it")
        seen.add(name)
        yield _Turn(name, parts["session"], parts["speaker"], match["label"])


def _transcripts(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    # Words are for the reader's eye: a stray byte in them should not stop the preparation.
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    matches = (_TRANSCRIPT_LINE.fullmatch(line.strip()) for line in lines)
    return {match["name"]: match["text"] for match in matches if match}


def _utterance(turn: _Turn, path: Path, text: str | None) -> Utterance:
    speaker = turn.session + turn.letter
    utt = f"{speaker}-{turn.name}"
    return Utterance(
        utt=utt,
        speaker=speaker,
        recording=utt,
        path=str(path),
        emotions=(EMOTION_OF_LABEL[turn.label],),
        duration=recording_seconds(path),
        group=turn.session,
        gender=turn.letter.lower(),
        text=text,
    )
