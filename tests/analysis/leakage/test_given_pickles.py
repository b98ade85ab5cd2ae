"""No pickle in a file of embeddings is run."""

import pickle

import numpy as np
import pytest

from menan.analysis.leakage.given_embeddings import read_given_embeddings
from menan.errors import InputError
from tests.analysis.leakage.given_example import UTTS, write_labels


@pytest.fixture
def labels(tmp_path):
    return write_labels(tmp_path / "labels")


class Planted:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "each.npz", "renamed.npz"])
def test_a_planted_pickle_is_refused(labels, tmp_path, name):
    x = np.array([Planted(str(tmp_path / "run")) for _ in UTTS], dtype=object)
    path = tmp_path / name
    if name == "v.npy":
        np.save(path, x, allow_pickle=True)
        path.with_suffix(".ids").write_text("\n".join(UTTS))
    elif name == "v.npz":
        np.savez(path, ids=np.array(UTTS), embeddings=x)
    elif name == "each.npz":
        np.savez(path, **dict.fromkeys(UTTS, x[:1]))
    else:
        path.write_bytes(pickle.dumps(x))
    with pytest.raises(InputError, match=rf"^{path}: ") as refusal:
        read_given_embeddings(path, labels)
    assert not (tmp_path / "run").exists()
    if name.endswith(".npz") and name != "renamed.npz":
        assert "it has Python objects); save ids and labels as text" in str(refusal.value)


def test_ids_that_are_objects_are_refused_with_the_cure(labels, tmp_path):
    np.savez(tmp_path / "v.npz", ids=np.array([None] * 999, dtype=object), x=np.zeros((999, 2)))
    with pytest.raises(InputError, match=r"v.npz: .*Python objects\); save .* ids.astype\(str\)"):
        read_given_embeddings(tmp_path / "v.npz", labels)
