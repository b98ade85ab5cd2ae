"""A front-end: log energies of equally wide frequency bands, every 20 ms."""

from dataclasses import dataclass

import numpy as np

from menan import FrontEnd, InputError, add_front_end

FRAME = 320  # samples in 20 ms at 16 kHz


@dataclass(frozen=True)
class BandsSettings(FrontEnd):
    """In YAML: ``features: {front_end: bands, bands: 12, seconds: 4}``."""

    name = "bands"
    bands: int = 8

    def __post_init__(self) -> None:
        if not 1 <= self.bands <= FRAME // 2:
            raise InputError(f"bands must lie between 1 and {FRAME // 2}")
        super().__post_init__()

    @property
    def rows(self) -> int:
        return round(self.seconds * 16000) // FRAME

    @property
    def dims(self) -> int:
        return self.bands


class Bands:
    """From 16 kHz samples (n,) to log energies (rows, bands)."""

    def __init__(self, settings: BandsSettings, device: str) -> None:
        self.bands = settings.bands

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        rows = len(samples) // FRAME
        if rows == 0:
            raise InputError(f"{len(samples)} samples at 16 kHz are too short for a frame of 20 ms")
        frames = samples[: rows * FRAME].reshape(rows, FRAME)
        power = np.abs(np.fft.rfft(frames)[:, 1:]) ** 2  # (rows, 160)
        energies = [band.mean(axis=1) for band in np.array_split(power, self.bands, axis=1)]
        return np.log1p(np.stack(energies, axis=1)).astype(np.float32)


add_front_end(BandsSettings, Bands)
