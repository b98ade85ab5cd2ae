"""The contract of the front-end socket: settings that lead to a feature matrix (rows, dims).

A front-end has two halves. Its settings are separate from code that computes, so that
configurations, model cards and dump directories can be read and checked without PyTorch. Its
extractor, which computes the matrix, stands in :mod:`menan.features.front_end`.

In YAML and JSON the settings are one flat mapping, in which ``front_end`` names the front-end::

    features: {front_end: kaldi, seconds: 4, num_mel_bins: 40}
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import Self

from menan.errors import InputError, require
from menan.files.mapping import from_mapping, to_mapping
from menan.sockets import Member

FRONT_END = "front_end"
_DEFAULT = "kaldi"  # the only one in 0.1.0
# Bounds on what a model file from an unknown source can ask for.
_LONGEST, MOST_ROWS = 600, 100_000


@dataclass(frozen=True)
class FrontEnd(Member, ABC):
    """Base class of the settings of a front-end.

    seconds: length of the model's input; longer utterances keep their middle part of this length
        (paper section 5: 14 s).
    speeds: speaking rates of the copies made by resampling; 1.0 is the utterance itself.

    A subclass has a ``name``, settings of its own as fields, and the properties ``rows`` and
    ``dims``. Rows are frames for most front-ends, but may also be layers of an encoder.

    places: settings that only say where something lies on this machine. They may differ between
        features that are the same.
    """

    socket: ClassVar[str] = "front-end"
    table: ClassVar[dict[str, type[Member]]] = {}
    places: ClassVar[frozenset[str]] = frozenset()

    seconds: float = 14.0
    speeds: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        require(self.seconds <= _LONGEST, f"seconds must be at most {_LONGEST}")
        require(self.seconds > 0 and self.rows >= 1, "seconds must hold at least one frame")
        require(self.rows <= MOST_ROWS, f"seconds must hold at most {MOST_ROWS:,} frames")
        require(1.0 in self.speeds, "speeds must contain 1.0, the utterances as spoken")
        require(len(set(self.speeds)) == len(self.speeds), "speeds lists a rate twice")
        require(all(0.5 <= s <= 2 for s in self.speeds), "speeds must lie between 0.5 and 2")

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows of the model's input: those of an utterance of ``seconds``. No matrix has more."""

    @property
    @abstractmethod
    def dims(self) -> int:
        """Columns of a feature matrix."""

    @property
    def is_resolved(self) -> bool:
        """Whether ``rows`` and ``dims`` are known; if not, the extractor's settings have them."""
        return True

    @property
    def window(self) -> float:
        """Seconds of a window in which a longer recording is predicted, at most ``seconds``."""
        return self.seconds

    def pieces(self, seconds: float) -> int:
        """Number of pieces in which an utterance of ``seconds`` is processed."""
        return 1

    def remark_on_length(self, seconds: float) -> str:
        """What happens to an utterance of ``seconds`` that is long; empty for others."""
        used = min(seconds, self.seconds)
        remarks = []
        if used < seconds:
            remarks.append(f"{seconds:.2f} s, of which the middle {used:g} s are used")
        if (pieces := self.pieces(used)) > 1:
            remarks.append(f"{used:.2f} s in {pieces} pieces")
        return "; ".join(remarks)

    def located(self, place: str) -> Self:
        """The same features, made by an encoder that lies elsewhere.

        Raises:
            InputError: the front-end has no such encoder.
        """
        raise InputError(f"the front-end {self.name!r} has no pretrained encoder")

    def shape_fault(self, shape: tuple[int, ...]) -> str | None:
        """What is wrong with a feature matrix of this shape; None if nothing is.

        >>> from menan.front_ends import KaldiFrontEnd
        >>> KaldiFrontEnd(seconds=1.0).shape_fault((98, 43))
        'has 98 rows; expected 1 to 97'
        """
        if len(shape) != 2:
            return f"has the shape {shape}; expected (rows, {self.dims})"
        rows, dims = shape
        if dims != self.dims:
            return f"has {dims} columns; expected {self.dims}"
        if not 1 <= rows <= self.rows:
            return f"has {rows} rows; expected 1 to {self.rows}"
        return None

    def difference(self, other: "FrontEnd") -> tuple[str, Any, Any] | None:
        """The first setting that makes other features; None if both make the same.

        ``speeds`` do not count: they say which utterances there are, not how each is computed.
        Neither do ``places``.

        >>> from menan.front_ends import KaldiFrontEnd
        >>> KaldiFrontEnd().difference(KaldiFrontEnd(seconds=4.0))
        ('seconds', 14.0, 4.0)
        """
        mine, others = self.to_plain(), other.to_plain()
        for key in mine:
            if key not in {"speeds", *self.places} and mine[key] != others.get(key):
                return key, mine[key], others.get(key)
        return None

    @classmethod
    def from_plain(cls, value: Any, where: str) -> Self:
        """Settings from YAML or JSON; without ``front_end`` those of ``kaldi``, as in 0.1.0.

        Raises:
            InputError: an unknown front-end, or an unknown or wrong setting.
        """
        if isinstance(value, cls):
            return value
        settings = dict(value) if isinstance(value, dict) else value
        name = _DEFAULT
        if isinstance(settings, dict):
            name = settings.pop(FRONT_END, name)
        if not isinstance(name, str):
            raise InputError(f"{where}.{FRONT_END}: expected the name of a front-end")
        try:
            member = cls.named(name)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        return from_mapping(member, settings, where)

    def to_plain(self) -> dict[str, Any]:
        """The inverse of :meth:`from_plain`."""
        return {FRONT_END: self.name, **to_mapping(self)}
