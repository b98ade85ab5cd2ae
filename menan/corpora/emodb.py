"""Emo-DB, the Berlin database: 535 sentences of 10 actors (Burkhardt et al. 2005)."""

import re
from collections import Counter
from pathlib import Path

from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    Corpus,
    PaperCounts,
    Preparation,
    corpus_title,
    published_counts,
    recording_seconds,
    release_audio,
    sums,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError

LABEL_BY_LETTER = {
    "W": "angry",  # Wut
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happy",  # Freude
    "N": "neutral",
    "T": "sad",  # Trauer
}
LABELS = ReleaseLabels(
    "Emo-DB",
    tuple(LABEL_BY_LETTER.values()),
    default={label: label for label in LABEL_BY_LETTER.values()},
)
MEN = ("03", "10", "11", "12", "15")
_COUNTS = published_counts(
    LABELS.labels,
    {
        "03": (14, 5, 1, 4, 7, 11, 7),
        "08": (12, 10, 0, 6, 11, 10, 9),
        "09": (13, 4, 8, 1, 4, 9, 4),
        "10": (10, 8, 1, 8, 4, 4, 3),
        "11": (11, 8, 2, 10, 8, 9, 7),
        "12": (12, 5, 2, 6, 2, 4, 4),
        "13": (12, 10, 8, 7, 10, 9, 5),
        "14": (16, 8, 8, 12, 8, 7, 10),
        "15": (13, 9, 5, 8, 6, 11, 4),
        "16": (14, 14, 11, 7, 11, 5, 9),
    },
)
PUBLISHED = PaperCounts(sums(_COUNTS), _COUNTS, whose="the published")
TEXT_BY_CODE = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}

# 03a01Fa: speaker, text, emotion, version
_NAME = re.compile(r"(?P<speaker>\d\d)(?P<text>[a-z]\d\d)(?P<letter>[A-Z])(?P<version>[a-z]?)")


def prepare(root: str | Path, choice: LabelChoice = DEFAULT_CHOICE) -> Preparation:
    """The sentences with one of the chosen emotions: 535 in the whole release.

    Args:
        root: the release with its folder ``wav``, or that folder.
        choice: the emotions to take.

    Raises:
        InputError: no audio, unreadable audio, or a label that the release lacks.
    """
    chosen = LABELS.choose(choice)
    left_out: Counter[str] = Counter()
    misnamed: list[str] = []
    utterances: list[Utterance] = []
    for path in release_audio(root, "wav", "wav/03a01Fa.wav"):
        name = _NAME.fullmatch(path.stem)
        if name is None or name["letter"] not in LABEL_BY_LETTER:
            misnamed.append(str(path))
            continue
        label = LABEL_BY_LETTER[name["letter"]]
        if not (emotions := chosen.emotions([label])):
            left_out[label] += 1
            continue
        utt = f"{name['speaker']}-{path.stem}"
        utterances.append(
            Utterance(
                utt=utt,
                speaker=name["speaker"],
                recording=utt,
                path=str(path),
                emotions=emotions,
                duration=recording_seconds(path),
                gender="m" if name["speaker"] in MEN else "f",
                text=TEXT_BY_CODE.get(name["text"]),
            )
        )
    if not utterances:
        raise InputError(
            f"{root}: no sentence with the emotions {' '.join(chosen.labels)} (such as "
            "wav/03a01Fa.wav); give the folder of the release"
        )
    warnings = {}
    if misnamed:
        left_out["misnamed"] = len(misnamed)
        warnings["names of another form than 03a01Fa, left out"] = misnamed
    published = PUBLISHED if choice.is_default else None
    title = corpus_title(root, "Emo-DB")
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, published)


CORPUS = Corpus("Emo-DB, in German: ROOT has the folder wav.", prepare)
