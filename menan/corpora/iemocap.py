"""IEMOCAP as released: ``IEMOCAP_full_release/Session1`` to ``Session5``."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    Corpus,
    PaperCounts,
    Preparation,
    corpus_title,
    published_counts,
    recording_seconds,
    release_folders,
    sums,
)
from menan.datadir.tables import read_lines
from menan.datadir.utterances import Utterance
from menan.errors import InputError
from menan.files.regular import is_file
from menan.labels import IEMOCAP_EMOTIONS

# By default excitement is merged into happiness (paper section 4), and the other labels are left
# out. xxx is for turns on which the raters do not agree.
LABELS = ReleaseLabels(
    "IEMOCAP",
    ("ang", "hap", "neu", "sad", "exc", "fru", "sur", "fea", "dis", "oth"),
    default={"ang": "ang", "hap": "hap", "exc": "hap", "neu": "neu", "sad": "sad"},
    no_emotion=("xxx",),
)


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
    speakers = published_counts(IEMOCAP_EMOTIONS.names, by_speaker)
    return PaperCounts(sums(speakers), speakers)


PAPER = _paper_counts()

# [6.2901 - 8.2357]  Ses01F_impro01_F000  neu  [2.5000, 2.5000, 2.5000], by tabs or spaces
_LABEL_LINE = re.compile(
    r"\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\s+(?P<name>\S+)\s+(?P<label>\w+)\s+\[[^\]]*\]"
)
# Dialogue names vary in width (Ses05M_script01_1b), so the last underscore is the landmark.
_TURN_NAME = re.compile(r"(?P<session>Ses\d\d)[FM]_\w+_(?P<speaker>[FM])\w+")
# What file managers make of a second copy.
_COPY = re.compile(r"(?P<original>\w+)( ?\(\d+\)| - [Cc]op(y|ie)( \(\d+\))?| copy( \d+)?)")
_TRANSCRIPT_LINE = re.compile(r"(?P<name>\S+)\s+\[[\d.]+\s*-\s*[\d.]+\]:\s*(?P<text>.*)")


@dataclass(frozen=True)
class _Turn:
    name: str
    session: str
    letter: str
    label: str


def prepare(root: str | Path, choice: LabelChoice = DEFAULT_CHOICE) -> Preparation:
    """Utterances, improvised and scripted: by default 5,531 in the whole release.

    The speaker is the session and the letter after the *last* underscore (``Ses01M`` speaks
    ``Ses01F_impro01_M003``; the first letter names the speaker with the markers), the group is the
    session. Turns without audio are left out and named in the warnings.

    Args:
        root: the release, or a part of it with at least one session.
        choice: the emotions to take.

    Raises:
        InputError: not the release, a malformed label line, no audio at all, unreadable audio, or
            a label that the release lacks.
    """
    chosen = LABELS.choose(choice)
    utterances: list[Utterance] = []
    left_out: Counter[str] = Counter()
    no_audio: list[str] = []
    no_labels: list[str] = []
    copies: list[str] = []
    for session in release_folders(root, "Session[0-9]*", "IEMOCAP's Session1 to Session5"):
        # Only the files directly here: the folders beside them have single raters' labels.
        label_files, again = _without_copies(_visible(session / "dialog" / "EmoEvaluation"))
        copies += again
        if not label_files:
            no_labels.append(str(session))
        for label_file in label_files:
            dialogue = label_file.stem
            texts = _transcripts(session / "dialog" / "transcriptions" / f"{dialogue}.txt")
            for turn in _turns(label_file):
                path = session / "sentences" / "wav" / dialogue / f"{turn.name}.wav"
                if not (emotions := chosen.emotions([turn.label])):
                    left_out[turn.label] += 1
                elif not is_file(path):
                    no_audio.append(str(path))
                else:
                    utterances.append(_utterance(turn, path, emotions, texts.get(turn.name)))
    if no_audio and not utterances:
        raise InputError(
            f"{no_audio[0]}: no such file, and no audio for any of the {len(no_audio)} labelled "
            "turns; unpack the sentences/wav folders of the release"
        )
    if not utterances:
        raise InputError(
            f"{root}: no turn with the labels {' '.join(chosen.new)} in any "
            "Session*/dialog/EmoEvaluation/*.txt; unpack these files of the release"
        )
    if no_audio:
        left_out["no audio"] = len(no_audio)
    no_text = [u.utt for u in utterances if not u.text]
    found = {
        "sessions without label files": no_labels,
        "copies of label files, not read": copies,
        "labelled turns without audio": no_audio,
        # A release without any transcription is a choice; one with gaps is a mistake.
        "turns without transcription, so no text is written": (
            no_text if len(no_text) < len(utterances) else []
        ),
    }
    warnings = {what: cases for what, cases in found.items() if cases}
    title = corpus_title(root, "IEMOCAP")
    paper = PAPER if choice.is_default else None
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, paper)


CORPUS = Corpus("IEMOCAP: ROOT has the folders Session1 to Session5, or some of them.", prepare)


def _visible(folder: Path) -> list[Path]:
    """Text files, without macOS's ``._`` files, which are not text."""
    return sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))


def _without_copies(label_files: list[Path]) -> tuple[list[Path], list[str]]:
    """Label files, and the names of copies such as ``Ses01F_impro01 (1).txt`` beside them."""
    stems = {path.stem for path in label_files}
    copies = [
        path
        for path in label_files
        if (match := _COPY.fullmatch(path.stem)) and match["original"] in stems
    ]
    return [path for path in label_files if path not in copies], list(map(str, copies))


def _turns(label_file: Path) -> Iterator[_Turn]:
    """The bracketed lines of a label file; the raters' lines between them are skipped."""
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
                f"{where}: {name!r} is not a turn of {label_file.stem} (such as "
                f"{label_file.stem}_F000); restore the file from the release"
            )
        if name in seen:
            raise InputError(f"{where}: turn {name!r} is listed twice; keep one line")
        seen.add(name)
        yield _Turn(name, parts["session"], parts["speaker"], match["label"])


def _transcripts(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    # Transcriptions are only read by people: a stray byte should not stop the preparation.
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    matches = (_TRANSCRIPT_LINE.fullmatch(line.strip()) for line in lines)
    return {match["name"]: match["text"] for match in matches if match}


def _utterance(turn: _Turn, path: Path, emotions: tuple[str, ...], text: str | None) -> Utterance:
    speaker = turn.session + turn.letter
    utt = f"{speaker}-{turn.name}"
    return Utterance(
        utt=utt,
        speaker=speaker,
        recording=utt,
        path=str(path),
        emotions=emotions,
        duration=recording_seconds(path),
        group=turn.session,
        gender=turn.letter.lower(),
        text=text,
    )
