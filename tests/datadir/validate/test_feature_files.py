"""One fault is put into a dump directory that is whole; validation must tell it, and where."""

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((4, 7)), "has 4 rows; utt2num_frames has 5"),
        (np.ones((5, 6)), "has 6 columns; expected 7 by features.yaml"),
        (np.ones((8, 7)), "has 8 rows; expected 1 to 7 by features.yaml"),
        (np.diag([1, 1, np.nan, 1, 1, 1, 1])[:5], "contains NaN or Inf, first in row 2"),
        (np.full((5, 7), np.inf), "contains NaN or Inf, first in row 0"),
    ],
)
def test_a_wrong_matrix_is_told(dump, matrix, message, told, rewrite_feats):
    names = [line.split()[0] for line in (dump / "utt2spk").read_text().splitlines()]
    matrices = {name: np.ones((5, 7), np.float32) for name in names}
    rewrite_feats(dump, {**matrices, names[1]: matrix.astype(np.float32)})
    lines = told(dump, "feats.scp")
    assert any(line.startswith(f"feats.scp:2: 's1-u0-sp0.9' {message}") for line in lines), lines


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("feats.scp", "feats.ark:6\n", "gone.ark:6\n", "feats.scp:1: 's1-u0':"),
        ("feats.scp", "feats.ark:6\n", "feats.ark:7\n", "feats.scp:1: 's1-u0':"),
        ("feats.scp", "feats.ark:6\n", "feats\0.ark:6\n", "feats.scp:1: contains a zero byte"),
        ("feats.scp", "s1-u0 ", "s1-u00 ", "feats.scp: lacks utterance 's1-u0'"),
        ("utt2num_frames", "s1-u0 5", "s1-u0 5.0", "utt2num_frames:1: 's1-u0' has '5.0' frames"),
        (
            "utt2uniq",
            "sp0.9 s1-u0\n",
            "sp0.9 s1-u7\n",
            "utt2uniq:2: 's1-u0-sp0.9' has the original",
        ),
        ("utt2uniq", "sp0.9 s1-u0\n", "sp0.9 s2-u0\n", "utt2uniq:2: 's1-u0-sp0.9' has speaker"),
        ("utt2uniq", "sp0.9 s1-u0\n", "sp0.9 s1-u1\n", "utt2uniq:2: 's1-u0-sp0.9' has emotions"),
        (
            "utt2uniq",
            "s1-u0 s1-u0\n",
            "s1-u0 s1-u0-sp0.9\n",
            "utt2uniq:1: 's1-u0' has the original",
        ),
        ("features.yaml", "frame_shift_ms", "frame_shift", "features.yaml: features: unknown key"),
        ("features.yaml", "features:", "others:", "features.yaml: not a record"),
    ],
)
def test_a_fault_in_a_dump_directory_is_told_with_its_place(dump, name, old, new, line, edit, told):
    edit(dump / name, old, new)
    lines = told(dump, name)
    assert any(found.startswith(line) for found in lines), lines


@pytest.mark.parametrize("name", ["utt2num_frames", "utt2uniq", "features.yaml"])
def test_a_dump_directory_needs_its_own_files(dump, name, told):
    (dump / "utt2audio").touch()  # menan-dump's own: not features of another toolkit
    (dump / name).unlink()
    assert told(dump, name) == [f"{name}: no such file; dump again"]
