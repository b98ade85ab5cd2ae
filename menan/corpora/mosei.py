"""CMU-MOSEI as released: the audio of whole videos, and one file of rated segments."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.mosei_labels import find_labels, read_labels
from menan.corpora.mosei_segment import EMOTION_COLUMNS, Segment
from menan.corpora.preparation import (
    Corpus,
    PaperCounts,
    Preparation,
    corpus_title,
    cut_to_recording,
    recording_seconds,
    release_folders,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError
from menan.files.regular import is_file

AUDIO_FOLDER = "Raw/Audio/Full/WAV_16000"
# Copies of the release lack the upper levels.
SHORTER_FOLDERS = ("Audio/Full/WAV_16000", "Full/WAV_16000", "Audio/WAV_16000", "WAV_16000")
NEUTRAL = "neutral"  # segments with six ratings of 0
# By default the four emotions that IEMOCAP has too, under its names.
LABELS = ReleaseLabels(
    "CMU-MOSEI",
    (*EMOTION_COLUMNS, NEUTRAL),
    default={"anger": "ang", "happy": "hap", NEUTRAL: "neu", "sad": "sad"},
)
# The total is the paper's (section 6). The default choice from the public label file gives it, and
# the other counts.
PAPER = PaperCounts({"ang": 4997, "hap": 12465, "neu": 3486, "sad": 5998, "all": 22323})


def prepare(
    root: str | Path,
    choice: LabelChoice = DEFAULT_CHOICE,
    labels: Annotated[
        Path | None,
        "CMU_MOSEI_Labels.csd, or a CSV file of it. Without this option it is searched in ROOT.",
    ] = None,
) -> Preparation:
    """Segments with one of the chosen emotions: by default 22,323 in the whole release.

    An emotion is present if its rating is above 0, and ``neutral`` if all six ratings are 0. The
    video is the recording, and its id is used as the speaker. Segments keep their numbers in the
    label file (``<video>-0007``), whatever is left out. A segment is cut to its recording, and left
    out if it has no audio or nothing remains of it.

    Args:
        root: the release, with ``Raw/Audio/Full/WAV_16000/<video>.wav``; upper levels of it may be
            missing.
        choice: the emotions to take.
        labels: the label file; None searches CMU_MOSEI_Labels.csd (or .csv) below the root.

    Raises:
        InputError: not the release, a wrong label file, no audio at all, unreadable audio, or a
            label that the release lacks.
    """
    chosen = LABELS.choose(choice)
    folder = _audio_folder(Path(root).absolute())
    labels = find_labels(Path(root).absolute()) if labels is None else Path(labels)
    by_video: dict[str, list[tuple[Segment, tuple[str, ...]]]] = {}
    left_out: Counter[str] = Counter()
    for segment in read_labels(labels):
        if emotions := chosen.emotions(_labels_of(segment.ratings)):
            by_video.setdefault(segment.video, []).append((segment, emotions))
        else:
            left_out["only other emotions"] += 1
    utterances: list[Utterance] = []
    found: dict[str, list[str]] = {
        "labelled videos without audio": [],
        "starts below 0 s, set to 0": [],
        "ends after the end of the recording, set to it": [],
        "segments outside the recording, left out": [],
    }
    missing, early, late, empty = found.values()
    for video, segments in by_video.items():
        path = folder / f"{video}.wav"
        if not is_file(path):
            missing.append(video)
            left_out["no audio"] += len(segments)
            continue
        seconds = recording_seconds(path)
        for segment, emotions in segments:
            utt = f"{video}-{segment.number:04d}"
            start, end = cut_to_recording(segment.start, segment.end, seconds)
            if end <= start:
                empty.append(utt)
                continue
            if segment.start < 0:
                early.append(utt)
            if segment.end > seconds:
                late.append(utt)
            utterances.append(
                Utterance(utt, video, video, str(path), emotions, end - start, start, end)
            )
    if missing and not utterances:
        raise InputError(
            f"{folder}: has no audio of the {len(by_video)} videos in {labels} (such as "
            f"{missing[0]}.wav); unpack it there"
        )
    if not utterances:
        raise InputError(
            f"{labels}: no segment has one of the emotions {' '.join(chosen.labels)} and is within "
            "its recording; give the label file as released"
        )
    if empty:
        left_out["empty"] = len(empty)
    warnings = {what: cases for what, cases in found.items() if cases}
    title = corpus_title(root, "CMU-MOSEI")
    paper = PAPER if choice.is_default else None
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, paper, "videos")


CORPUS = Corpus(f"CMU-MOSEI: ROOT has the folder {AUDIO_FOLDER}.", prepare)


def _audio_folder(root: Path) -> Path:
    """The folder of the videos' audio: at its place, with levels missing, or the root itself."""
    places = [root / name for name in (AUDIO_FOLDER, *SHORTER_FOLDERS)]
    if found := next((place for place in places if place.is_dir()), None):
        return found
    if next(root.glob("*.wav"), None):
        return root
    return release_folders(root, AUDIO_FOLDER, f"CMU-MOSEI's {AUDIO_FOLDER}/<video>.wav")[0]


def _labels_of(ratings: tuple[float, ...]) -> tuple[str, ...]:
    """The labels of a segment: the emotions rated above 0, or neutral if all six ratings are 0.

    >>> _labels_of((1.0, 0.0, 0.33, 2.0, 0.0, 0.0)), _labels_of((0.0,) * 6)
    (('happy', 'anger', 'surprise'), ('neutral',))
    """
    if not any(ratings):
        return (NEUTRAL,)
    rated = zip(EMOTION_COLUMNS, ratings, strict=True)
    return tuple(name for name, rating in rated if rating > 0)
