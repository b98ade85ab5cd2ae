"""The four emotions, by IEMOCAP's codes, in the order of every posterior and confusion matrix."""

from menan.errors import InputError

EMOTIONS = ("ang", "hap", "neu", "sad")


def parse_emotions(text: str, where: str) -> tuple[str, ...]:
    """The emotions of one ``utt2emo`` value, in the order of :data:`EMOTIONS`.

    >>> parse_emotions("sad,ang", "utt2emo:1")
    ('ang', 'sad')

    Raises:
        InputError: an unknown or repeated label; ``where`` begins the message.
    """
    labels = text.split(",")
    for label in labels:
        if label not in EMOTIONS:
            raise InputError(
                f"{where}: unknown emotion {label!r}; the labels are {' '.join(EMOTIONS)}"
            )
    if len(set(labels)) != len(labels):
        raise InputError(f"{where}: an emotion is named twice in {text!r}; name each once")
    return tuple(label for label in EMOTIONS if label in labels)
