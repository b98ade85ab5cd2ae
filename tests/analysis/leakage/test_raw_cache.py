"""Probes of the input that several systems share."""

from dataclasses import replace

import numpy as np
import pytest

from menan.analysis.leakage.probes import ProbePredictions
from menan.analysis.leakage.raw_cache import kept_or_probed
from menan.analysis.leakage.splits import probe_set
from menan.analysis.leakage.summary import ProbedEmbedding
from menan.datadir.metadata import read_metadata

FOUND = ProbedEmbedding(
    predictions={
        "linear": ProbePredictions(np.array([True, False, True]), 0.1 + 0.2, 1 / 3),
        "knn": ProbePredictions(np.array([False, False, True]), None, 0.0),
    },
    eer=None,
    gender=0.7,
)


@pytest.fixture
def probed_set(make_dump):
    labels = read_metadata(make_dump().parent)
    utts = tuple(labels.utt2spk)
    return probe_set(labels, utts, labels.speakers, "here", 0)


@pytest.fixture
def asked(tmp_path):
    """Ask for the probes of an input; returns what is found, and whether it was probed anew."""

    def ask(chosen, raw, seed=0):
        calls = []

        def probe():
            calls.append(1)
            return FOUND

        return kept_or_probed(tmp_path, chosen, raw, seed, probe), bool(calls)

    return ask


def test_kept_results_are_equal_to_the_bit(asked, probed_set):
    raw = np.arange(6.0).reshape(3, 2)
    assert asked(probed_set, raw) == (FOUND, True)
    kept, is_new = asked(probed_set, raw.copy())
    assert not is_new
    assert (kept.eer, kept.gender) == (FOUND.eer, FOUND.gender)
    for name, one in FOUND.predictions.items():
        np.testing.assert_array_equal(kept.predictions[name].right, one.right)
        assert kept.predictions[name].right.dtype == bool
        assert replace(kept.predictions[name], right=one.right) == one


def test_other_input_labels_or_seeds_are_probed_anew(asked, probed_set):
    raw = np.arange(6.0).reshape(3, 2)
    asked(probed_set, raw)
    assert asked(probed_set, raw.reshape(2, 3))[1]
    assert asked(probed_set, np.nextafter(raw, 9))[1]
    assert asked(probed_set, raw, seed=1)[1]
    assert asked(replace(probed_set, control=probed_set.control[::-1].copy()), raw)[1]
    assert asked(replace(probed_set, gender=None), raw)[1]


def test_a_damaged_file_is_made_again(asked, probed_set, tmp_path):
    raw = np.arange(6.0).reshape(3, 2)
    asked(probed_set, raw)
    (path,) = (tmp_path / "raw").iterdir()
    path.write_text(path.read_text()[:50])
    assert asked(probed_set, raw)[1]
    assert not asked(probed_set, raw)[1]
