"""Prosody of synthetic speech: the average of each emotion, and a random delivery of it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prosody:
    """The average difference of an emotion from neutral speech.

    pitch: semitones above the speaker's usual pitch.
    accent: standard deviation of pitch over syllables, semitones.
    level: dB above the speaker's usual level.
    rate: factor on syllables per second.
    tilt: octaves by which the cutoff of the glottal low-pass rises; effort makes a voice brighter.
    breath: factor on aspiration.
    pause: probability of a pause after a syllable.
    """

    pitch: float
    accent: float
    level: float
    rate: float
    tilt: float
    breath: float
    pause: float


# The directions follow the review of Scherer (2003): anger and joy are high, loud and fast, anger
# is brighter and joy wider in pitch; sadness is low, soft, slow and flat.
PROSODY = {
    "ang": Prosody(pitch=2.5, accent=2.0, level=5.0, rate=1.12, tilt=0.9, breath=0.7, pause=0.06),
    "hap": Prosody(pitch=3.5, accent=3.0, level=2.5, rate=1.08, tilt=0.3, breath=1.0, pause=0.08),
    "neu": Prosody(pitch=0.0, accent=1.5, level=0.0, rate=1.00, tilt=0.0, breath=1.0, pause=0.10),
    "sad": Prosody(
        pitch=-1.5, accent=0.8, level=-5.0, rate=0.85, tilt=-0.5, breath=1.7, pause=0.18
    ),
}

# Standard deviations between utterances: pitch, level and tilt in their units, accent and rate as
# logarithms. With them the classes overlap, as they do in acted speech.
_SPREAD = {"pitch": 1.2, "level": 2.0, "tilt": 0.35, "accent": 0.25, "rate": 0.1}
_MARGIN = 0.05  # seconds of silence at either end


@dataclass(frozen=True)
class Delivery:
    """The prosody of one utterance.

    starts, ends: seconds (syllables,).
    stress: loudness of each syllable, linear (syllables,).
    times, semitones: corners of the pitch contour, relative to the speaker's usual pitch.
    level: dB relative to the speaker's usual level.
    tilt, breath: factors on the speaker's cutoff frequency and aspiration.
    jitter: relative error of the length of a glottal cycle.
    """

    starts: np.ndarray
    ends: np.ndarray
    stress: np.ndarray
    times: np.ndarray
    semitones: np.ndarray
    level: float
    tilt: float
    breath: float
    jitter: float


def deliver(
    rate: float, emotion: str, expression: float, seconds: float, rng: np.random.Generator
) -> Delivery:
    """Draw the delivery of an utterance of ``seconds``.

    Args:
        rate: the speaker's syllables per second.
        emotion: a key of :data:`PROSODY`.
        expression: the speaker's factor on the difference from neutral.
        seconds: length of the utterance with its margins.
        rng: source of all random draws.
    """
    wanted, neutral = PROSODY[emotion], PROSODY["neu"]
    accent = neutral.accent * (wanted.accent / neutral.accent) ** expression
    accent *= np.exp(rng.normal(0, _SPREAD["accent"]))
    pace = rate * wanted.rate**expression * np.exp(rng.normal(0, _SPREAD["rate"]))
    starts, ends = _syllables(pace, wanted.pause, seconds, rng)
    middles = (starts + ends) / 2
    height = wanted.pitch * expression + rng.normal(0, _SPREAD["pitch"])
    declination = -3 * (middles - middles[0]) / seconds
    return Delivery(
        starts=starts,
        ends=ends,
        stress=10 ** (rng.normal(0, 2.5, len(starts)) / 20),
        times=middles,
        semitones=height + declination + rng.normal(0, accent, len(starts)),
        level=wanted.level * expression + rng.normal(0, _SPREAD["level"]),
        tilt=2 ** (wanted.tilt * expression + rng.normal(0, _SPREAD["tilt"])),
        breath=wanted.breath**expression,
        jitter=rng.uniform(0.004, 0.012),
    )


def _syllables(
    pace: float, pause: float, seconds: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of one or more syllables, which fill the time between the margins."""
    room = seconds - 2 * _MARGIN
    count = max(1, round(room * pace / (1 + pause * pace * 0.2)))
    lengths = np.exp(rng.normal(0, 0.25, count)) / pace
    # A pause of a tenth to a third of a second, after a syllable that is not the last.
    gaps = np.where(rng.random(count) < pause, rng.uniform(0.1, 0.3, count), 0.0)
    gaps[-1] = 0.0
    stretch = room / (lengths.sum() + gaps.sum())
    ends = _MARGIN + stretch * np.cumsum(lengths + gaps) - stretch * gaps
    return ends - stretch * lengths, ends
