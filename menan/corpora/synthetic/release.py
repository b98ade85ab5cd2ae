"""What generated corpora share: a folder that appears whole, named draws, 16-bit files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from menan.corpora.preparation import GENERATED
from menan.corpora.synthetic.voice import SAMPLE_RATE
from menan.errors import InputError
from menan.randomness import derived_seed


@dataclass(frozen=True)
class Lengths:
    """The lengths that utterances are drawn from, uniformly; seconds.

    Raises:
        InputError: not 0.5 <= shortest <= longest <= 60.
    """

    shortest: float = 1.2
    longest: float = 3.5

    def __post_init__(self) -> None:
        if not 0.5 <= self.shortest <= self.longest <= 60:
            raise InputError(
                f"utterances of {self.shortest:g} to {self.longest:g} seconds cannot be made; "
                "choose 0.5 <= min-seconds <= max-seconds <= 60"
            )

    def draw(self, rng: np.random.Generator) -> float:
        return rng.uniform(self.shortest, self.longest)


def named_rng(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends on the seed and on what it is for, and on nothing drawn before."""
    return np.random.default_rng(derived_seed(seed, *names))


@contextmanager
def new_corpus(out: str | Path, seed: int) -> Iterator[Path]:
    """A folder to write to; it becomes ``out`` when the block ends well, else it is removed.

    The file GENERATED in it lets nobody take what comes of it for the release's.

    Raises:
        InputError: ``out`` is a file, or a folder that holds anything.
    """
    out = Path(out).absolute()
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: exists and is not a directory; name another")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty; remove it or name another directory")
    out.parent.mkdir(parents=True, exist_ok=True)
    # Inside a temporary folder, which alone has that folder's private permissions.
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as beside:
        corpus = Path(beside) / "corpus"
        corpus.mkdir()
        (corpus / GENERATED).write_text(f"generated speech, seed {seed}\n", encoding="utf-8")
        yield corpus
        corpus.replace(out)


def write_wav(path: Path, wave: np.ndarray) -> None:
    """A mono 16 kHz PCM16 file of float samples (n,); those beyond [-1, 1] are clipped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, SAMPLE_RATE, subtype="PCM_16", format="WAV")
