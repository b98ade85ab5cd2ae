"""Dumps of the tests: of some data, what is in them, and audio that cannot be dumped."""

import numpy as np
import soundfile

from menan.datadir.archive import read_matrix, read_scp
from menan.features.dump.dump_features import dump_features as dump_with_options
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd

THREE_SPEEDS = KaldiFrontEnd(speeds=(0.9, 1.0, 1.1))


def dump_features(data, out, features, nj=1, **options):
    return dump_with_options(DumpOptions(data, out, features, nj, **options))


def noise(samples, seed):
    return np.random.default_rng(seed).integers(-3000, 3000, samples, dtype=np.int16)


def contents(out):
    return {key: read_matrix(entry, key) for key, entry in read_scp(out / "feats.scp").items()}


def names(out):
    return sorted(path.name for path in out.iterdir())


def spoil(data, what):
    if what == "short":
        soundfile.write(data.parent / "audio" / "a-10.wav", noise(600, 0), 16000)
    elif what == "broken":
        samples = np.full(8000, np.nan, np.float32)
        soundfile.write(data.parent / "audio" / "a-10.wav", samples, 16000, subtype="FLOAT")
    elif what == "gone":
        (data.parent / "audio" / "a-10.wav").unlink()
