"""What a listener would notice at once in a recording: silence, clipping, channels that cancel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from menan.audio import AudioInfo, check_channel, hear_audio
from menan.errors import InputError

SHOWN_FILES = 3  # files that are named per remark
# Of 1,000 samples at full scale a few may be peaks that a recording reaches.
_MOST_CLIPPED = 1e-3
_FULL_SCALE = 0.9999  # of the peak, or of 1
# A recording in floats may exceed 1 a little; 32,768 is one that was never scaled.
_LARGEST_FLOAT = 4.0
# Peaks below which a recording is hardly used: -48 dB for integers, where 16-bit values in a wider
# format are and 8-bit values in 16 bits, and -60 dB for the others.
_LEAST_PEAK_OF_INTEGERS, _LEAST_PEAK = 2.0**-8, 1e-3
# Level of the average relative to that of the channels, below which they cancel.
_CANCELS = 0.1
# A correlation below which two channels that are both active are two recordings.
_LEAST_CORRELATION = 0.2
_QUIETER_CHANNEL = 0.03  # -30 dB
# Telephone speech ends at 3.4 kHz, narrowband codecs at 4 kHz. What a resampler leaves above is a
# small part of the power, and falls off steeply: speech that was recorded at 16 kHz or more has
# less than 27 dB between the bands.
_NARROW_HZ = 4300
_MOST_POWER_ABOVE = 1e-4
_MOST_DENSITY_ABOVE = 10**-2.7
_BELOW, _ABOVE = (2000, 3400), (_NARROW_HZ, 7700)  # hz
_FRAME = 1024
_FRAMES_APART = 4  # one frame in 4 is enough for a mean spectrum

# Said about single files; among the files of a corpus, rates that differ are reported.
_TELEPHONE = "a sampling rate of telephone speech"
# By remark, what to do about it.
CURES = {
    "digital silence": "fetch it again, or leave it out",
    "clipped": "use the recording before its level was raised, if there is one",
    "floats far above 1": "divide the samples by 32768, or write them as 16-bit integers",
    "hardly any level": "check how it was converted: integers in a wider format stay small",
    "channels that cancel": "choose one with --channel 1",
    "channels that differ": "choose one with --channel 1 or 2 if two people speak on them",
    "a channel that is silent": "choose the other one with --channel",
    _TELEPHONE: "a model of wideband speech may fail on it",
    "hardly anything above 4 kHz": "telephone speech? train and test on that only, or on none",
}


class SoundCheck:
    """Listens to one recording, block by block; memory does not grow with its length."""

    _window = np.hanning(_FRAME).astype(np.float32)[:, None]

    def __init__(self) -> None:
        self.samples = self.at_peak = self.at_full_scale = 0
        self.peaks = np.zeros(0)  # (channels,)
        self.products = np.zeros((0, 0))  # sums of products of channels, (channels, channels)
        self.spectrum = np.zeros(_FRAME // 2 + 1)  # power, of all channels together

    def hear(self, block: np.ndarray) -> None:
        """Take in a block.

        Args:
            block: float32 (n, channels), full scale 1.
        """
        if self.samples == 0:
            channels = block.shape[1]
            self.peaks, self.products = np.zeros(channels), np.zeros((channels, channels))
        self.samples += len(block)
        with np.errstate(over="ignore", invalid="ignore"):  # floats may be as large as they like
            magnitudes = np.abs(block)
            before, highest = self.peaks.max(), magnitudes.max(axis=1)
            self.peaks = np.maximum(self.peaks, magnitudes.max(axis=0))
            peak = self.peaks.max()
            if peak * _FULL_SCALE > before:
                self.at_peak = 0
            self.at_peak += int((highest >= _FULL_SCALE * peak).sum())
            self.at_full_scale += int((highest >= _FULL_SCALE).sum())
            self.products += (block.T @ block).astype(np.float64)
            frames = block[: len(block) // _FRAME * _FRAME].reshape(-1, _FRAME, block.shape[1])
            windowed = frames[::_FRAMES_APART] * self._window
            self.spectrum += (np.abs(np.fft.rfft(windowed, axis=1)) ** 2).sum(axis=(0, 2))

    def remarks(self, info: AudioInfo, channel: int | None = None) -> dict[str, str]:
        """What was heard, as a key of :data:`CURES` with figures.

        Args:
            channel: the channel that is used, counted from 1; None for their average.
        """
        peaks = self.peaks if channel is None else self.peaks[channel - 1 : channel]
        peak = float(peaks.max(initial=0))
        if peak == 0:
            return {"digital silence": f"{info.seconds:.2f} s"}
        found = {}
        is_float = info.coding in ("FLOAT", "DOUBLE")
        least = _LEAST_PEAK_OF_INTEGERS if info.coding.startswith("PCM") else _LEAST_PEAK
        # Floats may exceed 1, and lossy codings smear what was cut off.
        clipped = self.at_peak if is_float else max(self.at_peak, self.at_full_scale)
        if is_float and peak > _LARGEST_FLOAT:
            found["floats far above 1"] = f"peak {peak:.6g}"
        elif peak < least:
            found["hardly any level"] = f"peak {20 * np.log10(peak):.0f} dB"
        elif clipped > max(_MOST_CLIPPED * self.samples, 1):
            percent = 100 * clipped / self.samples
            found["clipped"] = f"{percent:.1f} % of samples at {20 * np.log10(peak):.1f} dB"
        if channel is None and info.channels > 1:
            found |= self._remarks_on_channels()
        if info.sample_rate < 2 * _NARROW_HZ:
            found[_TELEPHONE] = f"{info.sample_rate} Hz"
        if self._is_narrow(info.sample_rate):
            found["hardly anything above 4 kHz"] = f"at a sampling rate of {info.sample_rate} Hz"
        return found

    def _is_narrow(self, rate: int) -> bool:
        hz = np.fft.rfftfreq(_FRAME, 1 / rate)
        if not (hz[-1] >= _ABOVE[1] and self.spectrum.sum() > 0):
            return False
        above, below = (
            self.spectrum[(lowest < hz) & (hz < highest)] for lowest, highest in (_ABOVE, _BELOW)
        )
        return bool(
            above.sum() < _MOST_POWER_ABOVE * self.spectrum.sum()
            and above.mean() < _MOST_DENSITY_ABOVE * below.mean()
        )

    def _remarks_on_channels(self) -> dict[str, str]:
        powers = self.products.diagonal()
        if powers.min() == 0:
            silent = [str(n) for n, power in enumerate(powers, start=1) if power == 0]
            return {"a channel that is silent": f"{' and '.join(silent)} of {len(powers)}"}
        of_average = self.products.sum() / len(powers) ** 2
        if of_average < _CANCELS**2 * powers.mean():
            return {"channels that cancel": f"{len(powers)} channels"}
        correlations = self.products / np.sqrt(np.outer(powers, powers))
        least = float(correlations.min())
        if least < _LEAST_CORRELATION and powers.min() > _QUIETER_CHANNEL**2 * powers.max():
            return {"channels that differ": f"correlation {least:.2f}"}
        return {}


@dataclass(frozen=True)
class Heard:
    """One recording with what was heard in it: figures by remark."""

    path: str
    info: AudioInfo
    remarks: Mapping[str, str]


def listen(path: str | Path, channel: int | None = None) -> Heard:
    """Read a recording to its end and listen to it.

    Args:
        channel: the channel that is used, counted from 1; None for the average.

    Raises:
        InputError: as :func:`menan.audio.hear_audio`, or a channel that the file lacks.
    """
    check = SoundCheck()
    info = hear_audio(path, check.hear)
    check_channel(path, info.channels, channel)
    return Heard(str(path), info, check.remarks(info, channel))


def corpus_warnings(recordings: Iterable[tuple[str, int | None]]) -> list[str]:
    """Listen to the recordings of a corpus; lines as of :func:`warnings_about`.

    Args:
        recordings: path, and the channel that is used, counted from 1; None for the average.
    """
    heard, broken = [], []
    files = list(recordings)
    for path, channel in tqdm(files, desc="listening", unit="file", disable=None):
        try:
            heard.append(listen(path, channel))
        except InputError as error:
            broken.append(str(error))
    lines = warnings_about(heard)
    if broken:
        what = f"{len(broken)} of {len(files)} recordings cannot be read"
        lines.append(f"warning: {what}, such as {broken[0]}")
    return lines


def file_warnings(remarks: Mapping[str, str]) -> tuple[str, ...]:
    """Each remark on a single recording, with its figures and what to do about it."""
    return tuple(f"{what} ({remarks[what]}); {CURES[what]}" for what in remarks)


def warnings_about(recordings: list[Heard]) -> list[str]:
    """One line per kind of remark, which names files, and one if sampling rates differ."""
    lines = []
    for remark, cure in CURES.items():
        files = [f"{h.path} ({h.remarks[remark]})" for h in recordings if remark in h.remarks]
        if files and remark != _TELEPHONE:
            more = f" and {len(files) - SHOWN_FILES} more" if len(files) > SHOWN_FILES else ""
            named = f"{len(files)} of {len(recordings)}: {', '.join(files[:SHOWN_FILES])}{more}"
            lines.append(f"warning: {remark}: {named}; {cure}")
    by_rate: dict[int, list[str]] = {}
    for heard in recordings:
        by_rate.setdefault(heard.info.sample_rate, []).append(heard.path)
    if len(by_rate) > 1:
        counts = ", ".join(
            f"{len(paths)} of {rate} Hz (such as {paths[0]})"
            for rate, paths in sorted(by_rate.items())
        )
        cure = "a model may tell them apart by their bandwidth; see that each class has all of them"
        lines.append(f"warning: sampling rates differ: {counts}; {cure}")
    return lines
