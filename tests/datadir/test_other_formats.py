"""Text archives, files of NumPy, and the formats that are refused by name."""

import kaldiio
import numpy as np
import pytest

from menan.datadir.archive import matrix_shape, read_matrix
from menan.errors import InputError
from tests.datadir.conftest import MakesDirectory

MATRIX = np.array([[1.5, -2.0, 3.0], [4.0, 5.0, 6.25], [7.0, 8.0, 9.0]], np.float32)


def test_a_text_archive_of_kaldi_is_read(tmp_path):
    """As ``copy-feats ark:- ark,t:-`` writes it."""
    text = "a  [\n  1.5 -2 3 \n  4 5 6.25 \n  7 8 9 ]\nb  [ 1 2 ]\n"
    (tmp_path / "text.ark").write_text(text)
    place = f"{tmp_path}/text.ark:2"
    np.testing.assert_array_equal(read_matrix(place, "x"), MATRIX)
    assert matrix_shape(place, "x") == (3, 3)
    vector = f"{tmp_path}/text.ark:{text.index('b  [') + 2}"
    np.testing.assert_array_equal(read_matrix(vector, "x"), [[1, 2]])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[ 1 2.5 -3e-05 ]\n", [[1, 2.5, -3e-05]]),  # a whole number first
        ("[\n  0 0.25 \n  1 2 ]\n", [[0, 0.25], [1, 2]]),
        ("[\r\n 1 2\r\n 3.5 4 ] \r\nb  [ 5 ]", [[1, 2], [3.5, 4]]),
        ("[ 16777217 1 ]", [[16777216, 1]]),
    ],
)
def test_numbers_of_text_archives_are_float32(tmp_path, text, wanted):
    (tmp_path / "text.ark").write_bytes(f"a  {text}".encode())
    matrix = read_matrix(f"{tmp_path}/text.ark:2", "x")
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, np.array(wanted, np.float32))


@pytest.mark.parametrize("text", [" [\n 1 2 \n 3 ]\n", " [\n 1 2 \n", " [ a b ]\n", " [ ]\n"])
def test_damaged_text_is_one_line(tmp_path, text):
    (tmp_path / "text.ark").write_text(text)
    with pytest.raises(InputError, match=r"^feats.scp: u: .*; make the archive again$"):
        read_matrix(f"{tmp_path}/text.ark:0", "feats.scp: u")


def test_files_of_numpy_are_read_and_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", MATRIX.astype(np.float64))
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/a.npy", "x"), MATRIX)
    assert matrix_shape(f"{tmp_path}/a.npy", "x") == (3, 3)
    trap = tmp_path / "made"
    objects = np.array([MakesDirectory(str(trap))], dtype=object)
    np.save(tmp_path / "b.npy", objects, allow_pickle=True)
    with pytest.raises(InputError, match="not an array of NumPy"):
        read_matrix(f"{tmp_path}/b.npy", "x")
    np.save(tmp_path / "c.npy", np.zeros((2, 2, 2)))
    with pytest.raises(InputError, match=r"found float64 of shape \(2, 2, 2\); save"):
        read_matrix(f"{tmp_path}/c.npy", "x")
    assert not trap.exists()


def test_a_vector_of_numpy_is_one_row_and_halves_are_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([0.5, 2], np.float16))
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/a.npy", "x"), [[0.5, 2]])
    assert matrix_shape(f"{tmp_path}/a.npy", "x") == (1, 2)


@pytest.mark.parametrize("shape", ["(4, 3)", "(1099511627776, 3)", "(-1, 3)", "(0, 3)", "(3,"])
def test_damaged_files_of_numpy_are_one_line(tmp_path, shape):
    """One announces 12 TiB, which are not reserved."""
    np.save(tmp_path / "a.npy", MATRIX)
    content = (tmp_path / "a.npy").read_bytes()
    header = content.replace(b"(3, 3), }", f"{shape}, }}".encode())
    padding = len(content) - len(header)
    header = header.replace(b"}", b"}" + b" " * padding, 1)
    if padding < 0:
        header = header.replace(b" " * -padding + b"\n", b"\n", 1)
    assert len(header) == len(content)
    (tmp_path / "a.npy").write_bytes(header)
    for read in (read_matrix, matrix_shape):
        with pytest.raises(InputError, match=r"^feats.scp: u: .*a.npy: (not an array|expected)"):
            read(f"{tmp_path}/a.npy", "feats.scp: u")


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"PK\3\4", "a zip file, such as torch.save"),
        (b"\x80\2", "a pickle, such as torch.save"),
        (b"RIFF", r"audio \(WAV\)"),
        (b"\0B\4\3\0\0\0", "a vector of integers"),
        (b"\0BSM ", "a sparse matrix"),
    ],
)
def test_other_formats_are_named(tmp_path, start, found):
    (tmp_path / "a.npy").write_bytes(start + bytes(100))
    for read in (read_matrix, matrix_shape):
        with pytest.raises(InputError, match=f"found {found}.*; write the features as a Kaldi"):
            read(f"{tmp_path}/a.npy", "x")


def test_an_entry_into_hdf5_is_named(tmp_path):
    """ESPnet 1: ``feats.1.h5:<utterance>``."""
    (tmp_path / "feats.1.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match="expected a file and a byte, found an HDF5 file; write"):
        read_matrix(f"{tmp_path}/feats.1.h5:s1-u1", "x")


def test_numbers_beyond_float32_become_inf_without_a_warning(tmp_path, recwarn):
    path = str(tmp_path / "double.ark")
    kaldiio.save_ark(path, {"a": np.array([[1e300, 1.0]])})
    np.testing.assert_array_equal(read_matrix(f"{path}:2", "x"), [[np.inf, 1]])
    assert not recwarn.list
