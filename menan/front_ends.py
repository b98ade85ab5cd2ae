"""The front-ends by name, and the settings of the paper's."""

from dataclasses import dataclass
from typing import ClassVar

from menan.errors import require
from menan.front_end_settings import FrontEnd
from menan.given_front_end import GivenFrontEnd
from menan.pretrained_front_end import PretrainedFrontEnd

__all__ = ["FrontEnd", "GivenFrontEnd", "KaldiFrontEnd", "PretrainedFrontEnd"]


@dataclass(frozen=True)
class KaldiFrontEnd(FrontEnd):
    """Log-mel energies, NCCF, f0 and log energy per frame (paper section 5; else Kaldi's defaults).

    frame_length_ms, frame_shift_ms: frames of log-mel and pitch alike (Kaldi --frame-length,
        --frame-shift).
    num_mel_bins: Kaldi --num-mel-bins.
    pitch: whether there are NCCF and f0.
    """

    name: ClassVar[str] = "kaldi"

    frame_length_ms: float = 40.0
    frame_shift_ms: float = 10.0
    num_mel_bins: int = 40
    pitch: bool = True

    def __post_init__(self) -> None:
        # The pitch tracker works at 4 kHz: with a shift between two of its samples, log-mel and
        # pitch would drift apart.
        require(
            self.frame_shift_ms > 0 and self.frame_shift_ms % 0.25 == 0,
            "frame_shift_ms must be a positive multiple of 0.25",
        )
        require(
            self.frame_shift_ms <= self.frame_length_ms <= 1000,
            "frame_length_ms must be at least frame_shift_ms and at most 1000",
        )
        require(4 <= self.num_mel_bins <= 512, "num_mel_bins must lie between 4 and 512")
        super().__post_init__()

    @property
    def rows(self) -> int:
        """Whole frames in ``seconds``.

        >>> KaldiFrontEnd().rows
        1397
        """
        spare_ms = self.seconds * 1000 - self.frame_length_ms
        return 1 + int(spare_ms / self.frame_shift_ms + 1e-6) if spare_ms >= 0 else 0

    @property
    def dims(self) -> int:
        """Log-mel; NCCF and f0 in Hz with ``pitch``; log energy.

        >>> KaldiFrontEnd().dims, KaldiFrontEnd(pitch=False).dims
        (43, 41)
        """
        return self.num_mel_bins + (3 if self.pitch else 1)


FrontEnd.table |= {
    "kaldi": KaldiFrontEnd,
    "pretrained": PretrainedFrontEnd,
    "given": GivenFrontEnd,
}
