"""CREMA-D: 7,442 clips of 91 actors (Cao et al. 2014)."""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated

from menan.corpora.delimited import read_rows, require_columns
from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    Corpus,
    PaperCounts,
    Preparation,
    corpus_title,
    named_in,
    recording_seconds,
    release_audio,
)
from menan.datadir.tables import c_sorted
from menan.datadir.utterances import Utterance
from menan.errors import InputError

LABEL_BY_CODE = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
LABELS = ReleaseLabels(
    "CREMA-D",
    tuple(LABEL_BY_CODE.values()),
    default={label: label for label in LABEL_BY_CODE.values()},
)
PUBLISHED = PaperCounts(
    dict.fromkeys(LABELS.labels, 1271) | {"neutral": 1087, "all": 7442},
    whose="the published",
)
INTENSITY_BY_CODE = {"LO": "low", "MD": "medium", "HI": "high"}  # XX: not asked for
TEXT_BY_CODE = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
GENDERS = {"female": "f", "male": "m"}
SILENT = ("1076_MTI_SAD_XX",)  # clips of the release without sound

# 1001_DFA_ANG_XX: actor, sentence, emotion, level
_NAME = re.compile(r"(?P<actor>\d{4})_(?P<text>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>[A-Z]{2})")


def prepare(
    root: str | Path,
    choice: LabelChoice = DEFAULT_CHOICE,
    labels: Annotated[
        str,
        "intended: the emotion that was acted. perceived: the one that most listeners heard, from "
        "processedResults/summaryTable.csv; clips with a tie are left out.",
    ] = "intended",
) -> Preparation:
    """The clips with one of the chosen emotions: 7,442 in the whole release.

    Genders come from VideoDemographics.csv, if it is there.

    Args:
        root: the release, or the folder of its clips.
        choice: the emotions to take.
        labels: ``intended`` or ``perceived``.

    Raises:
        InputError: no clips, malformed tables, unreadable audio, or a label that the release lacks.
    """
    chosen = LABELS.choose(choice)
    if labels not in ("intended", "perceived"):
        raise InputError(f"--labels {labels!r}; choose from intended, perceived")
    root = Path(root)
    paths = release_audio(root, "AudioWAV", "AudioWAV/1001_DFA_ANG_XX.wav")
    votes = _votes(root) if labels == "perceived" else None
    genders = _genders(root)
    left_out: Counter[str] = Counter()
    found: dict[str, list[str]] = {
        "names of another form than 1001_DFA_ANG_XX, left out": [],
        "clips without sound, kept": [],
        "actors without a sex in VideoDemographics.csv": [],
    }
    misnamed, silent, sexless = found.values()
    utterances: list[Utterance] = []
    for path in paths:
        name = _NAME.fullmatch(path.stem)
        if name is None or name["emotion"] not in LABEL_BY_CODE:
            misnamed.append(str(path))
            continue
        label = LABEL_BY_CODE[name["emotion"]]
        if votes is not None:
            label = votes.get(path.stem, "no votes")
        if not (emotions := chosen.emotions([label])):
            left_out[label] += 1
            continue
        if path.stem in SILENT:
            silent.append(path.name)
        utt = path.stem.replace("_", "-")
        utterances.append(
            Utterance(
                utt=utt,
                speaker=name["actor"],
                recording=utt,
                path=str(path),
                emotions=emotions,
                duration=recording_seconds(path),
                gender=genders.get(name["actor"]),
                text=TEXT_BY_CODE.get(name["text"]),
                intensity=INTENSITY_BY_CODE.get(name["level"]),
            )
        )
    if not utterances:
        raise InputError(
            f"{root}: no clip with the emotions {' '.join(chosen.labels)} (such as "
            "AudioWAV/1001_DFA_ANG_XX.wav); give the folder of the release"
        )
    if misnamed:
        left_out["misnamed"] = len(misnamed)
    sexless += c_sorted({u.speaker for u in utterances} - genders.keys())
    warnings = {what: cases for what, cases in found.items() if cases}
    published = PUBLISHED if choice.is_default and votes is None else None
    title = corpus_title(root, "CREMA-D")
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, published)


CORPUS = Corpus("CREMA-D: ROOT has the folder AudioWAV.", prepare)


def _genders(root: Path) -> dict[str, str]:
    if not (paths := named_in(root, "VideoDemographics.csv")):
        return {}
    path = paths[0]
    columns, rows = read_rows(path)
    require_columns(path, columns, ("actorid", "sex"))
    genders = {}
    for row in rows:
        if (sex := row.text("sex").lower()) not in GENDERS:
            raise InputError(
                f"{row.where}: expected Male or Female as Sex, found {sex[:80]!r}; fetch the file "
                "again"
            )
        genders[row.text("actorid")] = GENDERS[sex]
    return genders


def _votes(root: Path) -> dict[str, str]:
    """The label that most listeners heard by clip; ``tie`` for several."""
    if not (paths := named_in(root, "summaryTable.csv")):
        raise InputError(
            f"{root / 'processedResults/summaryTable.csv'}: no such file; fetch it from "
            "github.com/CheyneyComputerScience/CREMA-D"
        )
    path = paths[0]
    columns, rows = read_rows(path, unnamed="row")
    require_columns(path, columns, ("filename", "voicevote"))
    by_letter = {code[0]: label for code, label in LABEL_BY_CODE.items()}
    votes = {}
    for row in rows:
        letters = row.text("voicevote").split(":")
        if unknown := [letter for letter in letters if letter not in by_letter]:
            raise InputError(
                f"{row.where}: expected letters of {''.join(by_letter)} as VoiceVote, found "
                f"{unknown[0]!r}; fetch the file again"
            )
        votes[row.text("filename")] = by_letter[letters[0]] if len(letters) == 1 else "tie"
    return votes
