"""A synthetic voice: glottal pulses and noise through formant resonators (source and filter).

It does not sound like a person, but speaker and emotion are found where they are in speech: the
speaker in the formants, the timbre and the usual pitch; the emotion in pitch, range, loudness, rate
and tilt, with large variance and to an extent that depends on the speaker. So both affect the same
features.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter, sosfilt

from menan.corpora.synthetic.prosody import Delivery, deliver

SAMPLE_RATE = 16000

# Mean F1 to F3 of men's vowels in hz (Peterson & Barney 1952).
_VOWELS = np.array(
    [
        *((270, 2290, 3010), (390, 1990, 2550), (530, 1840, 2480), (660, 1720, 2410)),
        *((730, 1090, 2440), (570, 840, 2410), (300, 870, 2240), (640, 1190, 2390)),
    ],
    dtype=float,
)
_UPPER_FORMANTS = np.array([3500.0, 4500.0, 5500.0])  # F4 to F6 of a 17.5 cm tube
_BANDWIDTHS = np.array([70.0, 90.0, 130.0, 200.0, 260.0, 320.0])
_OVERLAP = 0.02  # seconds by which neighbouring syllables overlap


@dataclass(frozen=True)
class Speaker:
    """The properties of a voice that are the same in all utterances of a speaker.

    pitch: usual fundamental frequency, hz.
    formants: factors (6,) on the formants, for vocal-tract length and habits of articulation.
    bandwidth: factor on the formants' bandwidths.
    open_quotient: share of a glottal cycle in which the glottis is open.
    tilt: cutoff of the glottal low-pass, hz; a dark voice has a low one.
    breath: level of aspiration relative to the pulses.
    rate: syllables per second.
    expression: factor on the difference of an emotion from neutral, 1 on average.
    level: usual level, dB relative to full scale (RMS).
    noise: level of the recording's noise floor, dB relative to full scale (RMS).
    """

    pitch: float
    formants: np.ndarray
    bandwidth: float
    open_quotient: float
    tilt: float
    breath: float
    rate: float
    expression: float
    level: float
    noise: float


def draw_speaker(gender: str, rng: np.random.Generator) -> Speaker:
    """A new speaker; ``gender`` is ``f`` (higher pitch, shorter tract) or ``m``."""
    pitch, tract = (200.0, 1.16) if gender == "f" else (118.0, 1.0)
    return Speaker(
        pitch=pitch * 2 ** rng.normal(0, 0.15),
        formants=tract * rng.normal(1, 0.05) * rng.normal(1, 0.05, 6),
        bandwidth=rng.uniform(0.7, 1.6),
        open_quotient=rng.uniform(0.45, 0.8),
        tilt=1500 * 2 ** rng.normal(0, 0.6),
        breath=0.05 * 2 ** rng.normal(0, 0.8),
        rate=rng.uniform(3.6, 5.2),
        expression=rng.uniform(0.6, 1.3),
        level=rng.normal(-27, 1.5),
        noise=rng.normal(-62, 3.0),
    )


def synthesize(
    speaker: Speaker, emotion: str, rng: np.random.Generator, seconds: float
) -> np.ndarray:
    """One utterance, without the recording's noise floor.

    Args:
        speaker: the voice.
        emotion: a key of :data:`menan.corpora.synthetic.prosody.PROSODY`.
        rng: source of the differences between utterances of one speaker and emotion.
        seconds: length of the utterance.

    Returns:
        float32 samples at 16 kHz in [-1, 1], ``round(seconds * 16000)`` of them.
    """
    samples = round(seconds * SAMPLE_RATE)
    delivery = deliver(speaker.rate, emotion, speaker.expression, seconds, rng)
    source, opening = _glottis(speaker, delivery, samples, rng)
    breath = speaker.breath * delivery.breath * opening * rng.standard_normal(samples)
    voiced = _through_tract(speaker, delivery, source + breath, rng)
    wave = voiced + _consonants(speaker, delivery, samples, _rms(voiced), rng)
    wave *= 10 ** ((speaker.level + delivery.level) / 20) / _rms(wave)
    # Turn the level down rather than clip.
    return (wave / max(1.0, np.abs(wave).max() / 0.99)).astype(np.float32)


def noise_floor(speaker: Speaker, rng: np.random.Generator, samples: int) -> np.ndarray:
    """The noise of the speaker's room and microphone, float32 (samples,)."""
    noise = lfilter([1.0], [1.0, -0.8], rng.standard_normal(samples))
    return (noise * (10 ** (speaker.noise / 20) / _rms(noise))).astype(np.float32)


def _glottis(
    speaker: Speaker, delivery: Delivery, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The derivative of glottal flow after Rosenberg (1971), and the flow itself, (samples,)."""
    times = np.arange(samples) / SAMPLE_RATE
    pitch = speaker.pitch * 2 ** (np.interp(times, delivery.times, delivery.semitones) / 12)
    cycle = np.floor(np.cumsum(pitch) / SAMPLE_RATE).astype(int)
    # Jitter and shimmer: each cycle has its own small error of period and strength.
    error = rng.standard_normal((2, cycle[-1] + 1))
    pitch *= np.exp(delivery.jitter * error[0, cycle])
    cycles = np.cumsum(pitch) / SAMPLE_RATE
    cycle = np.minimum(cycles.astype(int), len(error[0]) - 1)
    strength = np.exp(4 * delivery.jitter * error[1, cycle])
    opening = 0.67 * speaker.open_quotient
    closing = speaker.open_quotient - opening
    phase = cycles % 1
    rising = 0.5 - 0.5 * np.cos(np.pi * phase / opening)
    falling = np.cos(np.pi / 2 * np.clip((phase - opening) / closing, 0, 1))
    flow = strength * np.where(phase < opening, rising, falling)
    # The derivative also models the radiation of the lips.
    pulses = np.diff(flow, prepend=flow[0]) * SAMPLE_RATE / speaker.pitch
    pole = np.exp(-2 * np.pi * speaker.tilt * delivery.tilt / SAMPLE_RATE)
    return lfilter([1 - pole], [1, -pole], pulses), flow


def _through_tract(
    speaker: Speaker, delivery: Delivery, source: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The source through the resonators of one vowel per syllable, cross-faded; (samples,)."""
    wave = np.zeros_like(source)
    vowels = rng.integers(len(_VOWELS), size=len(delivery.starts))
    reach = rng.normal(1, 0.03, (len(vowels), 6))  # no vowel is exactly the same twice
    for start, end, stress, vowel, factor in zip(
        delivery.starts, delivery.ends, delivery.stress, vowels, reach, strict=True
    ):
        first = round(start * SAMPLE_RATE)
        part = source[first : round((end + _OVERLAP) * SAMPLE_RATE)]
        formants = np.concatenate([_VOWELS[vowel], _UPPER_FORMANTS]) * speaker.formants * factor
        sections = _resonators(formants, _BANDWIDTHS * speaker.bandwidth)
        wave[first : first + len(part)] += (
            stress * _rise_and_fall(len(part), 0.045) * sosfilt(sections, part)
        )
    return wave


def _consonants(
    speaker: Speaker, delivery: Delivery, samples: int, loudness: float, rng: np.random.Generator
) -> np.ndarray:
    """Bursts of noise before two of three syllables: fricatives and releases; (samples,)."""
    wave = np.zeros(samples)
    for start, kind in zip(
        delivery.starts, rng.integers(3, size=len(delivery.starts)), strict=True
    ):
        if kind == 2:
            continue
        length = rng.uniform(0.06, 0.11) if kind == 0 else 0.02
        centre = rng.uniform(2500, 5500) * speaker.formants.mean()
        first = max(0, round((start - length / 2) * SAMPLE_RATE))
        noise = rng.standard_normal(min(round(length * SAMPLE_RATE), samples - first))
        burst = sosfilt(
            _resonators(np.array([centre]), np.array([1200.0])), np.diff(noise, prepend=0)
        )
        gain = loudness * rng.uniform(0.2, 0.6) / _rms(burst)
        wave[first : first + len(burst)] += gain * burst * _rise_and_fall(len(burst), length / 3)
    return wave


def _resonators(hz: np.ndarray, bandwidths: np.ndarray) -> np.ndarray:
    """Second-order sections (n, 6) of a cascade, each of gain 1 at 0 hz (Klatt 1980)."""
    radius = np.exp(-np.pi * bandwidths / SAMPLE_RATE)
    a1 = -2 * radius * np.cos(2 * np.pi * np.minimum(hz, 7600) / SAMPLE_RATE)
    a2 = radius**2
    zero, one = np.zeros_like(a1), np.ones_like(a1)
    return np.stack([1 + a1 + a2, zero, zero, one, a1, a2], axis=1)


def _rise_and_fall(samples: int, seconds: float) -> np.ndarray:
    """A window (samples,) with raised-cosine flanks of ``seconds``."""
    from_edge = np.minimum(np.arange(samples), np.arange(samples)[::-1]) / (seconds * SAMPLE_RATE)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(from_edge, 1))


def _rms(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) + 1e-12
