"""The classes that a model tells apart: ordered names, read from the data and kept in the model."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from menan.errors import InputError

FEWEST, MOST = 2, 50
UNKNOWN = "-"  # in utt2emo: nobody has labelled the utterance


def is_label(name: str) -> bool:
    """Whether a name can be a label: one printable word without a comma, other than ``-``.

    >>> is_label("ang"), is_label("very angry"), is_label("ang,sad"), is_label("")
    (True, False, False, False)
    """
    return name.split() == [name] and "," not in name and name.isprintable() and name != UNKNOWN


def joined_labels(labels: Iterable[str]) -> str:
    """The ``utt2emo`` value of some labels; ``-`` without any.

    >>> joined_labels(("ang", "sad")), joined_labels(())
    ('ang,sad', '-')
    """
    return ",".join(labels) or UNKNOWN


@dataclass(frozen=True)
class LabelSet:
    """The emotions of a data directory or a model.

    names: in the order of posteriors, recalls and confusion matrices.

    >>> labels = LabelSet(("calm", "fear"))
    >>> len(labels), labels.index("fear"), labels.chance
    (2, 1, 0.5)

    Raises:
        InputError: fewer than two or more than fifty names, a name given twice, or one that
            :func:`is_label` does not accept.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            if not is_label(name):
                raise InputError(
                    f"emotion {name[:80]!r}: a label must be one word without a comma; rename it"
                )
        if repeated := [name for name in self.names if self.names.count(name) > 1]:
            raise InputError(f"emotion {repeated[0]!r} is listed twice; list each once")
        if not FEWEST <= len(self.names) <= MOST:
            raise InputError(
                f"expected {FEWEST} to {MOST} emotions, found {len(self.names)}"
                f"{': ' if self.names else ''}{' '.join(self.names)[:200]}"
            )

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def index(self, name: str) -> int:
        """The position of a label in posteriors and confusion matrices."""
        return self.names.index(name)

    @property
    def chance(self) -> float:
        """The UA of guessing: 1 / number of labels."""
        return 1 / len(self.names)

    def parse(self, text: str, where: str) -> tuple[str, ...]:
        """The emotions of one ``utt2emo`` value, such as ``ang,sad``, in the order of the set.

        The value ``-`` gives none: nobody has labelled the utterance.

        Raises:
            InputError: an unknown or repeated label; ``where`` begins the message.
        """
        if text == UNKNOWN:
            return ()
        labels = text.split(",")
        for label in labels:
            if label not in self.names:
                raise InputError(
                    f"{where}: unknown emotion {label!r}; choose from {' '.join(self.names)}"
                )
        if len(set(labels)) != len(labels):
            raise InputError(f"{where}: an emotion is listed twice in {text!r}; list each once")
        return self.in_order(labels)

    def in_order(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Some of the labels, in the order of the set."""
        wanted = set(labels)
        return tuple(name for name in self.names if name in wanted)


# IEMOCAP's four classes (paper section 4.1); data and models from before 0.2.0 have no others.
IEMOCAP_EMOTIONS = LabelSet(("ang", "hap", "neu", "sad"))


def split_labels(text: str, where: str) -> tuple[str, ...]:
    """The labels of one ``utt2emo`` value whose label set is not known.

    >>> split_labels("sad,ang", "utt2emo:1"), split_labels("-", "utt2emo:2")
    (('sad', 'ang'), ())

    Raises:
        InputError: a malformed or repeated label; ``where`` begins the message.
    """
    if text == UNKNOWN:
        return ()
    labels = tuple(text.split(","))
    if not all(map(is_label, labels)) or len(set(labels)) != len(labels):
        raise InputError(f"{where}: expected labels joined by commas, found {text[:80]!r}")
    return labels


def default_labels(found: Iterable[str]) -> LabelSet:
    """The label set of data that list none: IEMOCAP's four, or the labels found in C order.

    >>> default_labels(["sad", "ang"]).names
    ('ang', 'hap', 'neu', 'sad')
    >>> default_labels(["sad", "calm"]).names
    ('calm', 'sad')

    Raises:
        InputError: fewer than two or more than fifty labels, or a malformed one.
    """
    names = set(found)
    if all(name in IEMOCAP_EMOTIONS for name in names):
        return IEMOCAP_EMOTIONS
    return LabelSet(tuple(sorted(names, key=lambda name: name.encode())))


def parse_map(text: str) -> dict[str, str]:
    """The value of an option --map, ``old=new,...``: new label by label; ``old=`` leaves one out.

    >>> parse_map("angry=ang,happy=hap,disgust=")
    {'angry': 'ang', 'happy': 'hap', 'disgust': ''}

    Raises:
        InputError: a part without ``=``, a new label that is not one, a label given twice.
    """
    new: dict[str, str] = {}
    for part in text.split(",") if text else []:
        old, equals, name = (piece.strip() for piece in part.partition("="))
        if not old or not equals or not (name == "" or is_label(name)):
            raise InputError(
                f"--map: expected old=new, or old= to leave a label out, found {part[:80]!r}"
            )
        if old in new:
            raise InputError(f"--map: label {old!r} is given twice; keep one")
        new[old] = name
    return new
