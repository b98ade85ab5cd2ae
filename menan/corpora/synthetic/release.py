"""Common parts of generated corpora: a folder that appears complete, named draws, 16-bit files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from menan.corpora.preparation import GENERATED
from menan.corpora.synthetic.voice import SAMPLE_RATE
from menan.errors import InputError
from menan.randomness import derived_seed


def named_rng(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends only on the seed and on the names of its purpose."""
    return np.random.default_rng(derived_seed(seed, *names))


@contextmanager
def new_corpus(out: str | Path, seed: int) -> Iterator[Path]:
    """A folder to write to. It becomes ``out`` when the block ends, and is removed on an exception.

    The file GENERATED in it marks the speech as generated, and so do results from it.

    Raises:
        InputError: ``out`` is a file, or a folder that is not empty.
    """
    out = Path(out).absolute()
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: not a directory; name a new one")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty; remove it or name another directory")
    out.parent.mkdir(parents=True, exist_ok=True)
    # In a temporary folder, so that the corpus does not get its private permissions.
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
