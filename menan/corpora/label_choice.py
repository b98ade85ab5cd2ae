"""The options --emotions and --map, applied to the labels of any release in the same way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from menan.errors import InputError
from menan.labels import LabelSet


@dataclass(frozen=True)
class LabelChoice:
    """The emotions that a user wants from a release.

    emotions: the labels to keep, in the order of posteriors; ``("all",)`` for all labels of the
        release; None for the default of the corpus.
    renamed: new label by label of the release (:func:`menan.labels.parse_map`); several may have
        one new label, and ``""`` leaves a label out.
    """

    emotions: tuple[str, ...] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_default(self) -> bool:
        return self == LabelChoice()


DEFAULT_CHOICE = LabelChoice()


def parse_emotions(text: str) -> tuple[str, ...] | None:
    """The value of --emotions: labels joined by commas, ``all``, or nothing for the default.

    >>> parse_emotions("ang,sad"), parse_emotions("")
    (('ang', 'sad'), None)
    """
    return tuple(name.strip() for name in text.split(",")) if text else None


@dataclass(frozen=True)
class ChosenLabels:
    """The labels of a data directory, and how those of the release are renamed to them.

    new: label of the data directory by label of the release; the rest is left out.
    """

    labels: LabelSet
    new: Mapping[str, str]

    def emotions(self, found: Iterable[str]) -> tuple[str, ...]:
        """The emotions of an utterance with some labels of the release; perhaps none."""
        return self.labels.in_order(self.new[label] for label in found if label in self.new)


@dataclass(frozen=True)
class ReleaseLabels:
    """The labels of a release, and those that are taken by default.

    corpus: the name of the release in messages.
    labels: the emotions, in the order that ``all`` gives.
    default: new label by label of the release, in the order of posteriors.
    no_emotion: labels that ``all`` leaves out, such as the one for utterances without agreement.
    """

    corpus: str
    labels: tuple[str, ...]
    default: Mapping[str, str]
    no_emotion: tuple[str, ...] = ()

    def choose(self, choice: LabelChoice) -> ChosenLabels:
        """Apply --map, then --emotions.

        Without --emotions, --map is added to the default, and the new labels that it names are
        kept too. With --emotions nothing is renamed but by --map.

        Raises:
            InputError: a label that the release lacks, or fewer than two or more than fifty labels.
        """
        known = (*self.labels, *self.no_emotion)
        for old in choice.renamed:
            if old not in known:
                raise InputError(
                    f"--map {old}={choice.renamed[old]}: {self.corpus} has no label {old!r}; "
                    f"choose from {', '.join(known)}"
                )
        if choice.emotions is None:
            new = {**self.default, **choice.renamed}
            names = tuple(dict.fromkeys(name for name in new.values() if name))
        else:
            new = {old: choice.renamed.get(old, old) for old in known}
            names = self._named(choice, new)
        try:
            labels = LabelSet(names)
        except InputError as error:
            raise InputError(f"{self.corpus}: --emotions, --map: {error}") from None
        return ChosenLabels(labels, {old: name for old, name in new.items() if name in labels})

    def _named(self, choice: LabelChoice, new: Mapping[str, str]) -> tuple[str, ...]:
        assert choice.emotions is not None
        if choice.emotions == ("all",):
            wanted = (*self.labels, *(old for old in self.no_emotion if old in choice.renamed))
            return tuple(dict.fromkeys(new[old] for old in wanted if new[old]))
        for name in choice.emotions:
            if name not in new.values():
                raise InputError(
                    f"--emotions: {self.corpus} has no label {name!r}; choose from "
                    f"{', '.join(dict.fromkeys(filter(None, new.values())))}, or rename one of "
                    f"them with --map old={name}"
                )
        for old, name in choice.renamed.items():
            if name and name not in choice.emotions:
                raise InputError(
                    f"--map {old}={name}: --emotions lacks {name!r}; add it, or leave the label "
                    f"out with --map {old}="
                )
        return choice.emotions
