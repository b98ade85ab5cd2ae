"""RAVDESS, the speech part with audio only: folders ``Actor_01`` to ``Actor_24``."""

import hashlib
import re
from collections import Counter
from pathlib import Path

from menan.corpora.preparation import Preparation, recording_seconds, release_folders
from menan.datadir.utterances import Utterance
from menan.errors import InputError

AUDIO_SUFFIXES = (".wav", ".flac")
EMOTION_OF_CODE = {"01": "neu", "03": "hap", "04": "sad", "05": "ang"}
CODE_NAMES = {"02": "calm", "06": "fearful", "07": "disgust", "08": "surprised"}

# modality-channel-emotion-intensity-statement-repetition-actor
_NAME = re.compile(
    r"(?P<modality>\d\d)-(?P<channel>\d\d)-(?P<emotion>\d\d)-\d\d-\d\d-\d\d-(?P<actor>\d\d)"
)


def prepare(root: str | Path, calm_as_neutral: bool = False) -> Preparation:
    """Utterances of the four emotions: 672 of 24 actors in the whole release.

    Only speech (channel 01) with audio alone (modality 03) is taken. The actor is the one that
    the file's name tells; women have even numbers. Byte-identical files, which the release
    itself contains, are kept and named in the warnings.

    Args:
        root: the folder that holds the actors' folders, with wav or flac files.
        calm_as_neutral: take the 192 calm utterances as neutral ones.

    Raises:
        InputError: not the release, nothing of it to take, unreadable audio.
    """
    emotion_of = EMOTION_OF_CODE | ({"02": "neu"} if calm_as_neutral else {})
    utterances: list[Utterance] = []
    left_out: Counter[str] = Counter()
    misnamed: list[str] = []
    misplaced: list[str] = []
    for folder in release_folders(root, "Actor_[0-9][0-9]", "RAVDESS's Actor_01 to Actor_24"):
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
            elif name["emotion"] not in emotion_of:
                code = name["emotion"]
                left_out[CODE_NAMES.get(code, f"emotion {code}")] += 1
            else:
                utterances.append(_utterance(path, name["actor"], emotion_of[name["emotion"]]))
                if utterances[-1].speaker != folder.name:
                    misplaced.append(str(path))
    if not utterances:
        raise InputError(
            f"{root}: no speech of the wanted emotions in the actors' folders (such as "
            "Actor_01/03-01-05-01-01-01-01.wav); unpack RAVDESS's Audio_Speech_Actors_01-24 here"
        )
    if misnamed:
        left_out["misnamed"] = len(misnamed)
    found = {
        "names that are not seven two-digit fields joined by '-'": misnamed,
        "files in another actor's folder, taken for the actor in their names": misplaced,
        "groups of byte-identical files, all kept": _identical(utterances),
    }
    warnings = {what: cases for what, cases in found.items() if cases}
    return Preparation("RAVDESS", utterances, dict(left_out), warnings)


def _utterance(path: Path, actor: str, emotion: str) -> Utterance:
    speaker = f"Actor_{actor}"
    utt = f"{speaker}-{path.stem}"
    return Utterance(
        utt=utt,
        speaker=speaker,
        recording=utt,
        path=str(path),
        emotions=(emotion,),
        duration=recording_seconds(path),
        gender="m" if int(actor) % 2 else "f",
    )


def _identical(utterances: list[Utterance]) -> list[str]:
    """Groups of two files or more with the same bytes, each joined by ``=``."""
    by_size: dict[int, list[Path]] = {}
    for path in (Path(u.path) for u in utterances):
        by_size.setdefault(path.stat().st_size, []).append(path)
    by_content: dict[bytes, list[str]] = {}
    # Few files share their size, so few are read whole.
    for path in (path for paths in by_size.values() if len(paths) > 1 for path in paths):
        digest = hashlib.sha256(path.read_bytes()).digest()
        by_content.setdefault(digest, []).append(path.name)
    return [" = ".join(names) for names in by_content.values() if len(names) > 1]
