"""A front-end from a plugin: log energies of equally wide frequency bands, every 20 ms."""

from dataclasses import dataclass

import numpy as np

from menan.errors import InputError, require
from menan.features.front_end import add_front_end
from menan.front_ends import FrontEnd

FRAME = 320  # samples of 20 ms at 16 kHz


@dataclass(frozen=True)
class BandsFrontEnd(FrontEnd):
    """Settings, in YAML ``features: {front_end: bands, bands: 12, seconds: 4}``."""

    name = "bands"
    bands: int = 8

    def __post_init__(self) -> None:
        require(1 <= self.bands <= FRAME // 2, f"bands must lie between 1 and {FRAME // 2}")
        super().__post_init__()

    @property
    def rows(self) -> int:
        return round(self.seconds * 16000) // FRAME

    @property
    def dims(self) -> int:
        return self.bands


class BandsExtractor:
    """From 16 kHz samples (n,) to float32 (rows, dims)."""

    def __init__(self, settings: BandsFrontEnd, device: str):
        self.settings = settings

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        rows = len(samples) // FRAME
        if rows == 0:
            raise InputError(f"{len(samples)} samples at 16 kHz are shorter than a frame of 20 ms")
        frames = samples[: rows * FRAME].reshape(rows, FRAME)
        power = np.abs(np.fft.rfft(frames)[:, 1:]) ** 2  # (rows, 160)
        bands = np.array_split(power, self.settings.bands, axis=1)
        return np.log1p(np.stack([band.mean(axis=1) for band in bands], axis=1))


add_front_end(BandsFrontEnd, BandsExtractor)
