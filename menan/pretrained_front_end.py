"""The settings of the front-end ``pretrained``: a frozen speech encoder in Hugging Face format."""

import math
import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from typing_extensions import Self

from menan.errors import InputError, require
from menan.front_end_settings import FrontEnd

ENCODER = "pretrained"  # the setting that names the encoder
# Bounds on what a model file from an unknown source can ask for.
_MOST_STATES, _MOST_DIMS, _MOST_FRAMES = 1000, 65_536, 100_000

# Seconds of a window: an encoder takes 30 s at once, but an emotion does not last as long.
_WINDOW = 10.0


@dataclass(frozen=True)
class PretrainedFrontEnd(FrontEnd):
    """Hidden states of an encoder, frozen: frames of one layer, or statistics of several.

    pretrained: folder of the encoder, or its name on the Hugging Face hub.
    layers: ``all``, one layer (``3``) or a range (``2-6``). Layer 0 is the input of the first
        layer, the last one is the output of the encoder.
    pool: ``stats`` makes each layer one row, its mean over time and then its standard deviation
        (biased, 2 * hidden_size columns); ``none`` makes each frame of one layer a row.

    The rest are facts about the encoder. menan-dump fills them in and keeps them in features.yaml
    and in model cards. Given in a configuration, they are demands.

    digest: digest of the encoder's tensors as float32, sorted by name.
    model_type: architecture, such as ``whisper``.
    hidden_size: dimensions of a hidden state.
    hidden_states: number of hidden states, one more than the encoder has layers.
    longest: seconds that the encoder takes at once; 0 for any length. Longer utterances are
        processed in pieces of equal length.
    frames: frames of an utterance of ``seconds``; 0 with ``pool: stats``.
    inputs: what the encoder reads, and how its feature extractor normalises it.
    padding: how inputs shorter than the encoder was trained on are treated.
    """

    name: ClassVar[str] = "pretrained"
    places: ClassVar[frozenset[str]] = frozenset({ENCODER})

    seconds: float = 30.0
    pretrained: str = ""
    layers: str = "all"
    pool: str = "stats"
    digest: str = ""
    model_type: str = ""
    hidden_size: int = 0
    hidden_states: int = 0
    longest: float = 0.0
    frames: int = 0
    inputs: str = ""
    padding: str = ""

    def __post_init__(self) -> None:
        require(bool(self.pretrained), "pretrained must name a folder, or an encoder on the hub")
        require(self.pool in ("none", "stats"), "pool must be none or stats")
        first, last = self._range()
        if self.pool == "none":
            require(
                first == last, f"pool none takes one layer, not {self.layers}; such as layers 3"
            )
        require(0 <= self.hidden_size <= _MOST_DIMS, f"hidden_size must be 0 to {_MOST_DIMS}")
        require(0 <= self.hidden_states <= _MOST_STATES, f"hidden_states: 0 to {_MOST_STATES}")
        require(
            0 <= self.frames <= _MOST_FRAMES, f"seconds must hold at most {_MOST_FRAMES} frames"
        )
        require(self.longest >= 0, "longest must not be negative")
        if self.hidden_states:
            require(
                last is None or last < self.hidden_states,
                f"layers {self.layers}: the encoder has the layers 0 to {self.hidden_states - 1}",
            )
        if self.is_resolved:
            super().__post_init__()

    @property
    def is_resolved(self) -> bool:
        rows = self.pool == "stats" or self.frames > 0
        return bool(self.digest and self.hidden_size and self.hidden_states and rows)

    @property
    def chosen(self) -> range:
        """The chosen layers.

        >>> PretrainedFrontEnd(pretrained="x", layers="2-6").chosen
        range(2, 7)
        """
        first, last = self._range()
        return range(first, (self.hidden_states - 1 if last is None else last) + 1)

    @property
    def rows(self) -> int:
        return self.frames if self.pool == "none" else len(self.chosen)

    @property
    def dims(self) -> int:
        return self.hidden_size if self.pool == "none" else 2 * self.hidden_size

    @property
    def window(self) -> float:
        return min(self.seconds, _WINDOW)

    def pieces(self, seconds: float) -> int:
        return max(1, math.ceil(seconds / self.longest - 1e-9)) if self.longest else 1

    def difference(self, other: FrontEnd) -> tuple[str, Any, Any] | None:
        if isinstance(other, PretrainedFrontEnd) and self.digest != other.digest:
            mine, theirs = (f"{one.pretrained} ({one.digest})" for one in (self, other))
            return "the encoder", mine, theirs
        return super().difference(other)

    def located(self, place: str) -> Self:
        return replace(self, pretrained=place)

    def _range(self) -> tuple[int, int | None]:
        """First and last layer; the last is None for all."""
        if self.layers == "all":
            return 0, None
        match = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", self.layers)
        if match is None or (match[2] and int(match[1]) > int(match[2])):
            raise InputError(f"layers {self.layers[:40]!r}: expected all, 3 or 2-6")
        return int(match[1]), int(match[2] or match[1])
