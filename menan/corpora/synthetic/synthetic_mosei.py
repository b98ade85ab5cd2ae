"""A generated corpus in the layout of CMU-MOSEI: audio of whole videos, and one label file."""

import json
import string
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.release import named_rng, new_corpus, write_wav
from menan.corpora.synthetic.voice import (
    SAMPLE_RATE,
    Speaker,
    draw_speaker,
    noise_floor,
    synthesize,
)

DIMENSIONS = ("sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear")

# Emotions of a segment, strongest first: twenty segments in about the proportions of the corpus.
# The last one has none of the four default emotions, so that a preparation leaves it out.
_PATTERNS = (
    *[("happy",)] * 6,
    *[("happy", "sad")] * 2,
    ("happy", "surprise"),
    *[("sad",)] * 2,
    ("sad", "anger"),
    ("sad", "happy"),
    *[("anger",)] * 2,
    ("anger", "disgust"),
    *[()] * 3,
    ("fear", "surprise"),
)
_VOICES = {"happy": "hap", "sad": "sad", "anger": "ang"}  # by strongest emotion; others neutral
_SENTIMENT = {"happy": 1, "sad": -1, "anger": -1, "fear": -1}


@dataclass(frozen=True)
class _Segment:
    """A segment of a video.

    emotions: strongest first.
    start: seconds from the start of the video.
    speech: samples (n,).
    """

    emotions: tuple[str, ...]
    start: float
    speech: np.ndarray

    @property
    def end(self) -> float:
        return self.start + len(self.speech) / SAMPLE_RATE


def synthesize_mosei(
    out: str | Path,
    seed: int = 0,
    videos: int = 12,
    segments_per_video: int = 6,
    lengths: Lengths | None = None,
) -> int:
    """Write ``Raw/Audio/Full/WAV_16000/<video>.wav`` and ``CMU_MOSEI_Labels.csd``.

    Each video has its own speaker. One id begins with ``-``, one contains ``_``, and one consists
    of digits. In every three videos, one starts below 0 s, one has its segments out of order, and
    in one they overlap. The last video has labels and no audio. This needs at least 4 videos of 2
    segments. The same arguments give the same bytes.

    Returns:
        The number of labelled segments.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    lengths = lengths or Lengths()
    with new_corpus(out, seed) as root, h5py.File(root / "CMU_MOSEI_Labels.csd", "w") as labels:
        _write_metadata(labels)
        for index in tqdm(range(videos), desc="videos", disable=None):
            video = _video_id(index, seed)
            rng = named_rng(seed, video)
            speaker = draw_speaker(str(rng.choice(["f", "m"])), rng)
            patterns = [
                _pattern(index * segments_per_video + k, seed) for k in range(segments_per_video)
            ]
            segments = _lay_out(speaker, patterns, index % 3 == 2, lengths, rng)
            if index < videos - 1:
                path = root / "Raw/Audio/Full/WAV_16000" / f"{video}.wav"
                write_wav(path, _audio(speaker, segments, rng))
            intervals = np.array([(s.start, s.end) for s in segments])
            ratings = np.stack([_ratings(s.emotions, rng) for s in segments])
            if index % 3 == 0:
                intervals[0, 0] = -0.1
            # Rows in the order of time, or with first and last exchanged.
            rows = np.arange(len(segments))
            if index % 3 == 1:
                rows[[0, -1]] = rows[[-1, 0]]
            group = labels.create_group(f"All Labels/data/{video}")
            group.create_dataset("features", data=ratings[rows])
            group.create_dataset("intervals", data=intervals[rows])
    return videos * segments_per_video


def _video_id(index: int, seed: int) -> str:
    """Eleven characters as in a video's address, or one of the three unusual kinds."""
    letters = list(string.ascii_letters + string.digits)
    drawn = "".join(named_rng(seed, "video", index).choice(letters, 11))
    if index == 0:
        return f"-{drawn[1:]}"
    if index == 1:
        return f"{drawn[:5]}_{drawn[6:]}"
    if index == 2:
        return str(named_rng(seed, "video", index).integers(100000, 1000000))
    return drawn


def _pattern(number: int, seed: int) -> tuple[str, ...]:
    """The emotions of segment ``number`` of the corpus: each twenty segments have all patterns."""
    dealt, place = divmod(number, len(_PATTERNS))
    return _PATTERNS[named_rng(seed, "patterns", dealt).permutation(len(_PATTERNS))[place]]


def _lay_out(
    speaker: Speaker,
    patterns: list[tuple[str, ...]],
    overlapping: bool,
    lengths: Lengths,
    rng: np.random.Generator,
) -> list[_Segment]:
    """Segments with silence between them, from 0 s on; overlapping ones share 0.2 s."""
    now = 0.0
    segments = []
    for emotions in patterns:
        emotion = _VOICES.get(emotions[0], "neu") if emotions else "neu"
        segments.append(
            _Segment(emotions, now, synthesize(speaker, emotion, rng, lengths.draw(rng)))
        )
        now = segments[-1].end + (-0.2 if overlapping else rng.uniform(0.3, 1.0))
    return segments


def _audio(speaker: Speaker, segments: list[_Segment], rng: np.random.Generator) -> np.ndarray:
    """The whole video (samples,), half a second longer than its speech."""
    wave = noise_floor(speaker, rng, round((segments[-1].end + 0.5) * SAMPLE_RATE))
    for segment in segments:
        first = round(segment.start * SAMPLE_RATE)
        wave[first : first + len(segment.speech)] += segment.speech
    return wave


def _ratings(emotions: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """The seven columns (7,): means of three raters, the strongest emotion at least 1."""
    row = np.zeros(len(DIMENSIONS), dtype=np.float32)
    for rank, emotion in enumerate(emotions):
        thirds = rng.integers(1, 3) if rank else rng.integers(3, 10)
        row[DIMENSIONS.index(emotion)] = thirds / 3
    if emotions:
        row[0] = _SENTIMENT[emotions[0]] * rng.integers(1, 10) / 3
    return row


def _write_metadata(labels: h5py.File) -> None:
    """JSON strings in arrays of one element, as the toolkit of the corpus writes them."""
    metadata = {
        "root name": "All Labels",
        "computational sequence description": "Generated labels",
        "dimension names": DIMENSIONS,
    }
    for name, value in metadata.items():
        data = np.array([json.dumps(value)], dtype=h5py.string_dtype())
        labels.create_dataset(f"All Labels/metadata/{name}", data=data)
