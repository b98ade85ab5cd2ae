"""CMU-MOSEI as released: whole videos' audio, and one file of rated segments."""

from collections import Counter
from pathlib import Path

from menan.audio import is_file
from menan.corpora.mosei_labels import EMOTION_COLUMNS, Segment, find_labels, read_labels
from menan.corpora.preparation import (
    PaperCounts,
    Preparation,
    corpus_title,
    cut_to_recording,
    recording_seconds,
    release_folders,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError

AUDIO_FOLDER = "Raw/Audio/Full/WAV_16000"
EMOTION_OF_COLUMN = {"happy": "hap", "sad": "sad", "anger": "ang"}
# The total is the paper's (section 6); the public label file, selected so, gives it and the rest.
PAPER = PaperCounts({"ang": 4997, "hap": 12465, "neu": 3486, "sad": 5998, "all": 22323})


def prepare(root: str | Path, labels: str | Path | None = None) -> Preparation:
    """Segments rated happy, sad or angry above 0, and those with six zeros, as neutral: 22,323.

    The video stands for the speaker, and is the recording. Segments are numbered as the label
    file has them (``<video>-0007``), so that what is left out renumbers nothing. A stretch is
    kept within its recording; without audio, or if nothing remains of it, it is left out.

    Args:
        root: the release, with ``Raw/Audio/Full/WAV_16000/<video>.wav``.
        labels: the label file; None looks for CMU_MOSEI_Labels.csd (or .csv) under the root.

    Raises:
        InputError: not the release, a wrong label file, no audio at all, unreadable audio.
    """
    folder = release_folders(root, AUDIO_FOLDER, f"CMU-MOSEI's {AUDIO_FOLDER}/<video>.wav")[0]
    labels = find_labels(Path(root).absolute()) if labels is None else Path(labels)
    of_video: dict[str, list[tuple[Segment, tuple[str, ...]]]] = {}
    left_out: Counter[str] = Counter()
    for segment in read_labels(labels):
        if emotions := _emotions(segment.ratings):
            of_video.setdefault(segment.video, []).append((segment, emotions))
        else:
            left_out["only other emotions"] += 1
    utterances: list[Utterance] = []
    found: dict[str, list[str]] = {
        "labelled videos without audio": [],
        "starts below 0 s, set to 0": [],
        "ends past the recording's, set to it": [],
        "segments of which nothing lies in the recording, left out": [],
    }
    missing, early, late, empty = found.values()
    for video, segments in of_video.items():
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
            f"{folder}: holds no audio of the {len(of_video)} videos in {labels} (such as "
            f"{missing[0]}.wav); unpack it there"
        )
    if not utterances:
        raise InputError(
            f"{labels}: no segment is happy, sad, angry or neutral and lies in its recording; "
            "give the label file as released"
        )
    if empty:
        left_out["empty"] = len(empty)
    warnings = {what: cases for what, cases in found.items() if cases}
    title = corpus_title(root, "CMU-MOSEI")
    return Preparation(title, utterances, dict(left_out), warnings, PAPER, "videos")


def _emotions(ratings: tuple[float, ...]) -> tuple[str, ...]:
    """The emotions present (rated above 0) among the paper's; neutral if all six are 0.

    >>> _emotions((1.0, 0.0, 0.33, 2.0, 0.0, 0.0)), _emotions((0.0,) * 6)
    (('ang', 'hap'), ('neu',))
    >>> _emotions((0.0, 0.0, 0.0, 2.0, 0.0, 0.0))
    ()
    """
    by_column = dict(zip(EMOTION_COLUMNS, ratings, strict=True))
    if not any(ratings):
        return ("neu",)
    present = {emotion for column, emotion in EMOTION_OF_COLUMN.items() if by_column[column] > 0}
    return tuple(sorted(present))
