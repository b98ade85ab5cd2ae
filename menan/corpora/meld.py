"""MELD: 13,708 utterances of the series Friends, with an official split (Poria et al. 2019)."""

import re
from collections import Counter
from pathlib import Path

from menan.corpora.delimited import DelimitedRow, read_rows, require_columns
from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    Corpus,
    PaperCounts,
    Preparation,
    corpus_title,
    find_clip,
    named_in,
    published_counts,
    recording_seconds,
    sums,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError

# The names of other corpora, so that one label set serves several.
LABELS = ReleaseLabels(
    "MELD",
    ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"),
    default={
        "anger": "angry",
        "disgust": "disgust",
        "fear": "fear",
        "joy": "happy",
        "neutral": "neutral",
        "sadness": "sad",
        "surprise": "surprise",
    },
)
_COUNTS = published_counts(
    tuple(LABELS.default.values()),
    {
        "train": (1109, 271, 268, 1743, 4710, 683, 1205),
        "valid": (153, 22, 40, 163, 470, 111, 150),
        "test": (345, 68, 50, 402, 1256, 208, 281),
    },
)
PUBLISHED = PaperCounts(sums(_COUNTS), splits=_COUNTS, whose="the published")
# By part of the split: its table, and the names that folders with its clips have in the release and
# in copies of it.
PARTS = {
    "train": ("train_sent_emo.csv", ("train_splits", "train")),
    "valid": ("dev_sent_emo.csv", ("dev_splits_complete", "dev_splits", "dev")),
    "test": ("test_sent_emo.csv", ("output_repeated_splits_test", "test_splits", "test")),
}
COLUMNS = ("utterance", "speaker", "emotion", "dialogue_id", "utterance_id")
CURE = "extract the audio, such as ffmpeg -i dia0_utt0.mp4 -ac 1 -ar 16000 dia0_utt0.wav"


def prepare(root: str | Path, choice: LabelChoice = DEFAULT_CHOICE) -> Preparation:
    """The utterances with one of the chosen emotions: 13,708 in the whole release.

    The three tables may lie anywhere in the release. The audio of a clip ``dia0_utt3.mp4`` is the
    wav or flac file of this name, in the folder of the clips or in one of the same name. Speakers
    are names of characters; names such as ``Waiter`` may stand for several people.

    Args:
        root: the release, or a part of it with at least one table and its clips.
        choice: the emotions to take.

    Raises:
        InputError: no table, a malformed one, no audio at all, unreadable audio, or a label that
            the release lacks.
    """
    chosen = LABELS.choose(choice)
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such directory; give the folder with train_sent_emo.csv")
    left_out: Counter[str] = Counter()
    found: dict[str, list[str]] = {
        "parts of the split without a table": [],
        f"clips that are only video, left out; {CURE}": [],
        "clips without audio, left out": [],
    }
    no_table, only_video, no_audio = found.values()
    utterances: list[Utterance] = []
    for part, (table, names) in PARTS.items():
        if (path := next(iter(named_in(root, table)), None)) is None:
            no_table.append(table)
            continue
        folders = named_in(root, *names)
        for row, clip in _rows(path):
            if not (emotions := chosen.emotions([row.text("emotion").lower()])):
                left_out[row.text("emotion").lower()] += 1
            elif file := find_clip(folders, clip):
                utterances.append(_utterance(row, part, clip, file, emotions))
            elif video := find_clip(folders, clip, (".mp4",)):
                only_video.append(str(video))
            else:
                no_audio.append(f"{row.where} ({clip})")
    if len(no_table) == len(PARTS):
        raise InputError(
            f"{root}: does not contain train_sent_emo.csv, dev_sent_emo.csv or test_sent_emo.csv; "
            "give the folder of MELD's release"
        )
    if not utterances:
        cure = (
            CURE if only_video else f"clips are expected in folders such as {PARTS['train'][1][0]}"
        )
        raise InputError(f"{root}: no audio of any utterance; {cure}")
    if missing := len(only_video) + len(no_audio):
        left_out["no audio"] = missing
    warnings = {what: cases for what, cases in found.items() if cases}
    published = PUBLISHED if choice.is_default else None
    title = corpus_title(root, "MELD")
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, published)


CORPUS = Corpus(
    "MELD: ROOT has train_sent_emo.csv and the others, and the audio of its clips.", prepare
)


def _rows(path: Path) -> list[tuple[DelimitedRow, str]]:
    """The rows of a table, each with the name of its clip."""
    columns, rows = read_rows(path)
    require_columns(path, columns, COLUMNS)
    first: dict[str, str] = {}
    clips = []
    for row in rows:
        number = [row.text(name) for name in ("dialogue_id", "utterance_id")]
        if not all(text.isdigit() for text in number):
            raise InputError(
                f"{row.where}: expected numbers as Dialogue_ID and Utterance_ID, found "
                f"{' '.join(number)[:80]!r}; fetch the file again"
            )
        clip = f"dia{int(number[0])}_utt{int(number[1])}"
        if clip in first:
            raise InputError(f"{row.where}: {clip} is listed at {first[clip]} too; keep one row")
        first[clip] = row.where
        clips.append((row, clip))
    return clips


def _utterance(
    row: DelimitedRow, part: str, clip: str, file: Path, emotions: tuple[str, ...]
) -> Utterance:
    speaker = re.sub(r"\W+", "_", row.text("speaker")).strip("_") or "nobody"
    utt = f"{speaker}-{part}-{clip}"
    return Utterance(
        utt=utt,
        speaker=speaker,
        recording=utt,
        path=str(file),
        emotions=emotions,
        duration=recording_seconds(file),
        text=row.text("utterance"),
        split=part,
    )
