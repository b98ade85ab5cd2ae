"""RAVDESS, speech with audio only: folders ``Actor_01`` to ``Actor_24``."""

import hashlib
import re
from collections import Counter
from pathlib import Path

from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    AUDIO_SUFFIXES,
    Corpus,
    Preparation,
    recording_seconds,
    release_folders,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError

LABEL_BY_CODE = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
# By default the four emotions that IEMOCAP has too, under its names.
LABELS = ReleaseLabels(
    "RAVDESS",
    tuple(LABEL_BY_CODE.values()),
    default={"angry": "ang", "happy": "hap", "neutral": "neu", "sad": "sad"},
)

INTENSITY_BY_CODE = {"01": "normal", "02": "strong"}
TEXT_BY_CODE = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}

# modality-channel-emotion-intensity-statement-repetition-actor
_NAME = re.compile(
    r"(?P<modality>\d\d)-(?P<channel>\d\d)-(?P<emotion>\d\d)-(?P<intensity>\d\d)"
    r"-(?P<statement>\d\d)-\d\d-(?P<actor>\d\d)"
)


def prepare(root: str | Path, choice: LabelChoice = DEFAULT_CHOICE) -> Preparation:
    """Utterances of 24 actors in the whole release: by default 672, with all emotions 1,440.

    Only speech (channel 01) with audio alone (modality 03) is taken. The actor, the text and the
    intensity are read from the name of the file; women have even numbers. Byte-identical files,
    which the release itself contains, are kept and named in the warnings.

    Args:
        root: the folder of the actors' folders, or of all wav or flac files.
        choice: the emotions to take, by the labels of :data:`LABEL_BY_CODE`.

    Raises:
        InputError: not the release, no utterance of these emotions, unreadable audio, or a label
            that the release lacks.
    """
    chosen = LABELS.choose(choice)
    utterances: list[Utterance] = []
    left_out: Counter[str] = Counter()
    misnamed: list[str] = []
    misplaced: list[str] = []
    for folder in _folders(Path(root).absolute()):
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            name = _NAME.fullmatch(path.stem)
            if path.suffix.lower() not in AUDIO_SUFFIXES:
                left_out["not wav or flac"] += 1
            elif name is None:
                misnamed.append(str(path))
            elif name["modality"] != "03":
                left_out[f"modality {name['modality']}"] += 1
            elif name["channel"] != "01":
                left_out[f"channel {name['channel']}"] += 1
            elif not (emotions := chosen.emotions([LABEL_BY_CODE.get(name["emotion"], "")])):
                code = name["emotion"]
                left_out[LABEL_BY_CODE.get(code, f"emotion {code}")] += 1
            else:
                utterances.append(_utterance(path, name, emotions))
                if folder.name.startswith("Actor_") and utterances[-1].speaker != folder.name:
                    misplaced.append(str(path))
    if not utterances:
        raise InputError(
            f"{root}: no speech with the emotions {' '.join(chosen.labels)} in the actors' folders "
            "(such as Actor_01/03-01-05-01-01-01-01.wav); unpack RAVDESS's "
            "Audio_Speech_Actors_01-24 here"
        )
    if misnamed:
        left_out["misnamed"] = len(misnamed)
    found = {
        "names that are not seven two-digit fields joined by '-'": misnamed,
        "files in another actor's folder, assigned to the actor in their names": misplaced,
        "groups of byte-identical files, all kept": _identical(utterances),
    }
    warnings = {what: cases for what, cases in found.items() if cases}
    return Preparation("RAVDESS", utterances, chosen.labels, dict(left_out), warnings)


CORPUS = Corpus(
    "RAVDESS, speech: ROOT has the folders Actor_01 to Actor_24, or only their files.",
    prepare,
)


def _folders(root: Path) -> list[Path]:
    """The actors' folders; the root itself if the files lie there, without folders."""
    if not next(root.glob("Actor_[0-9][0-9]"), None) and root.is_dir():
        audio = (path for path in root.iterdir() if path.suffix.lower() in AUDIO_SUFFIXES)
        if any(_NAME.fullmatch(path.stem) for path in audio):
            return [root]
    return release_folders(root, "Actor_[0-9][0-9]", "RAVDESS's Actor_01 to Actor_24")


def sentence_of(stem: str) -> tuple[str | None, str | None]:
    """The text and the intensity of a file by its name; None where the name does not tell."""
    if (name := _NAME.fullmatch(stem)) is None:
        return None, None
    return TEXT_BY_CODE.get(name["statement"]), INTENSITY_BY_CODE.get(name["intensity"])


def _utterance(path: Path, name: re.Match[str], emotions: tuple[str, ...]) -> Utterance:
    actor = name["actor"]
    speaker = f"Actor_{actor}"
    utt = f"{speaker}-{path.stem}"
    text, intensity = sentence_of(path.stem)
    return Utterance(
        utt=utt,
        speaker=speaker,
        recording=utt,
        path=str(path),
        emotions=emotions,
        duration=recording_seconds(path),
        gender="m" if int(actor) % 2 else "f",
        text=text,
        intensity=intensity,
    )


def _identical(utterances: list[Utterance]) -> list[str]:
    """Groups of two or more files with the same bytes, each group joined by ``=``."""
    by_size: dict[int, list[Path]] = {}
    for path in (Path(u.path) for u in utterances):
        by_size.setdefault(path.stat().st_size, []).append(path)
    by_content: dict[bytes, list[str]] = {}
    # Few files share their size, so few are read whole.
    for path in (path for paths in by_size.values() if len(paths) > 1 for path in paths):
        digest = hashlib.sha256(path.read_bytes()).digest()
        by_content.setdefault(digest, []).append(path.name)
    return [" = ".join(names) for names in by_content.values() if len(names) > 1]
