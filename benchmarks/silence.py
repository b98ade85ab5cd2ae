"""How much speech the gates of menan-predict keep, and how much silence they leave out.

Utterances are cut to what is sound in them, and joined with gaps, so that it is known where speech
is. Then noise is added. Windows of one second are kept or left out by each gate.
"""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.machine import describe
from menan.datadir.metadata import corpus_name, read_metadata
from menan.errors import InputError
from menan.features.dump.sources import read_sources
from menan.features.waveform import SAMPLE_RATE, to_16_khz
from menan.inference.recording import GATES, listen_to, window_starts
from menan_bin.command import main_of, new_app

GAPS = (2, 8)  # seconds between two utterances: the shortest and the longest
EDGE_DB = 30  # an utterance begins and ends this far below its loudest 10 ms
SNRS = (None, 40, 20, 10, 0)  # dB; None adds no noise
WINDOW, HOP = 2, 1  # seconds
SETTING = f"""\
An utterance begins and ends {EDGE_DB} dB below its loudest 10 ms. Between utterances lie gaps of
{GAPS[0]} to {GAPS[1]} s; {{percent:.0f}} % of the time is speech. Pink noise lies under all of it;
the SNR relates it to the mean power of the speech. In the last rows, generated chords as loud as
the speech fill the gaps. Windows of {WINDOW} s, a new one every {HOP} s.
"""

app = new_app()


@app.command()
def silence(
    data: Annotated[Path, typer.Option(help="Data directory of clean speech, such as RAVDESS.")],
    utterances: Annotated[
        int, typer.Option(min=1, help="Number of utterances, from all over the corpus.")
    ] = 120,
    seed: Annotated[int, typer.Option(help="Seed of gaps and noise.")] = 0,
) -> None:
    """Compare the gates on utterances with gaps and noise, and print a markdown table.

    Example: python -m benchmarks.silence --data egs/ravdess/data/ravdess
    """
    where, rng = describe(), np.random.default_rng(seed)
    clean, is_speech = joined(list(sounds(data, utterances)), rng)
    minutes, percent = len(clean) / SAMPLE_RATE / 60, 100 * is_speech.mean()
    print(f"# Silence left out: {corpus_name(data)}, {utterances} utterances, {minutes:.1f} min\n")
    print(where)
    print(f"Command: `{shlex.join(['python', '-m', 'benchmarks.silence', *sys.argv[1:]])}`.\n")
    print(SETTING.format(percent=percent))
    print("| gaps | SNR, dB | --keep | speech in kept windows, % | silent windows left out, % |")
    print("| :-- | --: | :-- | --: | --: |")
    power = np.mean(clean[is_speech] ** 2)
    noise, chords = pink(len(clean), rng), music(len(clean), rng) * ~is_speech
    for fill, name in ((0.0, "silence"), (1.0, "music")):
        for snr in SNRS if not fill else (None, 10):
            level = 0.0 if snr is None else 10 ** (-snr / 20)
            mixed = clean + np.sqrt(power) * (level * noise + fill * chords)
            for keep in GATES:
                kept, left_out = judged(mixed, is_speech, keep)
                shown = "no noise" if snr is None else str(snr)
                print(f"| {name} | {shown} | {keep} | {100 * kept:.1f} | {100 * left_out:.1f} |")


def sounds(data: Path, number: int) -> Iterator[np.ndarray]:
    """The sound of utterances from all over a corpus, float64 (n,), full scale 1."""
    originals = read_metadata(data).originals
    if len(originals) < number:
        raise InputError(f"{data}: expected {number} utterances, found {len(originals)}")
    sources = read_sources(data, originals)
    for n in range(number):
        samples, rate = sources[originals[n * len(originals) // number]].read()
        yield trimmed(to_16_khz(samples, rate).astype(np.float64) / 32768)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """From the first to the last 10 ms that come near the loudest."""
    size = SAMPLE_RATE // 100
    powers = (samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1)
    loud = np.flatnonzero(powers > powers.max() * 10 ** (-EDGE_DB / 10))
    return samples[loud[0] * size : (loud[-1] + 1) * size]


def joined(parts: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All parts with a gap of zeros before each, and which samples are of the parts; (n,) each."""
    pieces, marks = [], []
    for part in parts:
        gap = int(rng.uniform(*GAPS) * SAMPLE_RATE)
        pieces += [np.zeros(gap), part]
        marks += [np.zeros(gap, bool), np.ones(len(part), bool)]
    return np.concatenate(pieces), np.concatenate(marks)


def pink(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of power 1 that falls by 3 dB per octave, (samples,)."""
    spectrum = np.fft.rfft(rng.normal(size=samples))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return unit(np.fft.irfft(spectrum, samples))


def music(samples: int, rng: np.random.Generator) -> np.ndarray:
    """A chord of three decaying tones with overtones every half second, power 1, (samples,)."""
    size = SAMPLE_RATE // 2
    times = np.arange(size) / SAMPLE_RATE
    beats = []
    for _ in range(-(-samples // size)):
        tones = 220 * 2 ** (rng.choice(24, 3, replace=False) / 12)
        waves = [np.sin(2 * np.pi * hz * k * times) / k**2 for hz in tones for k in range(1, 6)]
        beats.append(np.sum(waves, axis=0) * np.exp(-4 * times))
    return unit(np.concatenate(beats)[:samples])


def unit(wave: np.ndarray) -> np.ndarray:
    """The wave at a mean power of 1."""
    return wave / np.sqrt(np.mean(wave**2))


def judged(samples: np.ndarray, is_speech: np.ndarray, keep: str) -> tuple[float, float]:
    """The share of speech in windows that are kept, and of windows without speech left out."""
    gate = listen_to(samples, SAMPLE_RATE, keep=keep).gate
    heard, silent = np.zeros(len(samples), bool), []
    for start in window_starts(len(samples), WINDOW * SAMPLE_RATE, HOP * SAMPLE_RATE):
        window = slice(start, start + WINDOW * SAMPLE_RATE)
        passes = gate.passes(window.start, window.stop)
        heard[window] |= passes
        if not is_speech[window].any():
            silent.append(passes)
    return heard[is_speech].mean(), 1 - np.mean(silent)


main = main_of(app, "benchmarks.silence")

if __name__ == "__main__":
    main()
