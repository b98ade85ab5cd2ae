"""A rated segment of CMU-MOSEI, and the names of its ratings."""

from dataclasses import dataclass

# The ratings that are read, by their names in the release; their order is not relied on.
EMOTION_COLUMNS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
OTHER_NAMES = {
    "video_id": "video",
    "clip": "segment",
    "clip_id": "segment",
    "start_time": "start",
    "end_time": "end",
    "happiness": "happy",
    "sadness": "sad",
    "angry": "anger",
}


@dataclass(frozen=True)
class Segment:
    """One rated segment of a video.

    number: position of the segment in its video, from 0, as in the label file.
    start, end: seconds, as written: the start may be negative.
    ratings: ratings in the order of :data:`EMOTION_COLUMNS`, each 0 to 3.
    """

    video: str
    number: int
    start: float
    end: float
    ratings: tuple[float, ...]


def plain_name(name: str) -> str:
    """The name of a column in the spelling of the release."""
    name = name.strip().lower()
    return OTHER_NAMES.get(name, name)
