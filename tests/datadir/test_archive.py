import pickle
import struct

import kaldiio
import numpy as np
import pytest

from menan.datadir.archive import matrix_shape, read_matrix, read_scp, read_vector
from menan.datadir.archive_writer import ArchiveWriter
from menan.errors import InputError
from tests.datadir.conftest import MakesDirectory


@pytest.fixture
def matrices():
    draw = np.random.default_rng(0)
    return {f"spk-{n}": draw.normal(size=(n + 1, 3)).astype(np.float32) for n in range(4)}


def write(folder, matrices):
    with ArchiveWriter(folder, "feats.1") as writer:
        for key, matrix in matrices.items():
            writer.write(key, matrix)
    return read_scp(folder / "feats.1.scp")


def test_matrices_come_back_as_they_were(tmp_path, matrices):
    scp = write(tmp_path, matrices)
    assert list(scp) == list(matrices)
    for key, matrix in matrices.items():
        back = read_matrix(scp[key], "feats.scp:1")
        assert back.dtype == np.float32
        np.testing.assert_array_equal(back, matrix)
        back += 1  # writable, as training needs it


def test_bytes_are_those_of_kaldi(tmp_path):
    # Kaldi's copy-feats writes these: key, space, "\0B", "FM ", size-prefixed rows and columns.
    write(tmp_path, {"a": np.array([[1, 2]], np.float32)})
    expected = b"a \0BFM \x04" + struct.pack("<i", 1) + b"\x04" + struct.pack("<iff", 2, 1, 2)
    assert (tmp_path / "feats.1.ark").read_bytes() == expected
    assert (tmp_path / "feats.1.scp").read_text() == f"a {tmp_path}/feats.1.ark:2\n"


def test_archive_can_be_read_from_another_directory(tmp_path, matrices, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ArchiveWriter("dump", "feats") as writer:
        writer.write("a", matrices["spk-3"])
    monkeypatch.chdir("/")
    entry = read_scp(tmp_path / "dump" / "feats.scp")["a"]
    np.testing.assert_array_equal(read_matrix(entry, "x"), matrices["spk-3"])


def test_vectors_come_back_and_are_matrices_of_one_row(tmp_path):
    vector = np.array([0.25, 0.75], np.float32)
    scp = write(tmp_path, {"a": vector, "b": vector[None]})
    np.testing.assert_array_equal(read_vector(scp["a"], "x"), vector)
    np.testing.assert_array_equal(read_matrix(scp["a"], "x"), vector[None])
    assert matrix_shape(scp["a"], "x") == (1, 2)
    with pytest.raises(InputError, match=r"^x: .*no Kaldi vector"):
        read_vector(scp["b"], "x")
    ((key, read_by_kaldiio),) = list(kaldiio.load_ark(str(tmp_path / "feats.1.ark")))[:1]
    assert key == "a"
    np.testing.assert_array_equal(read_by_kaldiio, vector)


def test_a_vector_cut_short_is_refused(tmp_path):
    scp = write(tmp_path, {"a": np.ones(3, np.float32)})
    ark = tmp_path / "feats.1.ark"
    ark.write_bytes(ark.read_bytes()[:-1])
    with pytest.raises(InputError, match="vector is cut short; make the archive again"):
        read_vector(scp["a"], "x")


def test_nothing_appears_when_the_block_fails(tmp_path, matrices):
    def break_off():
        with ArchiveWriter(tmp_path, "feats") as writer:
            writer.write("a", matrices["spk-0"])
            raise InputError("stop")

    with pytest.raises(InputError, match="stop"):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_a_path_that_scp_cannot_name(tmp_path):
    with pytest.raises(InputError, match="tabs or line ends"):
        ArchiveWriter(tmp_path / "my\tdump", "feats")


@pytest.mark.parametrize("method", [2, 3, 5])  # Kaldi's CM, CM2 and CM3
def test_compressed_and_double_matrices_are_read(tmp_path, matrices, method):
    matrix = np.tile(matrices["spk-3"], (3, 1))
    path = str(tmp_path / "compressed.ark")
    kaldiio.save_ark(path, {"a": matrix}, compression_method=method)
    np.testing.assert_allclose(read_matrix(f"{path}:2", "x"), matrix, atol=0.05)
    assert matrix_shape(f"{path}:2", "x") == (12, 3)
    np.testing.assert_allclose(read_matrix(f"{path}:2[5:6]", "x"), matrix[5:7], atol=0.05)
    kaldiio.save_ark(path, {"a": matrix.astype(np.float64)})
    np.testing.assert_array_equal(read_matrix(f"{path}:2", "x"), matrix)


def test_a_file_of_one_matrix_is_read_without_offset(tmp_path, matrices):
    path = tmp_path / "one.mat"
    kaldiio.save_mat(str(path), matrices["spk-2"])
    np.testing.assert_array_equal(read_matrix(str(path), "x"), matrices["spk-2"])


def test_pipes_are_refused_and_not_run(tmp_path):
    made = tmp_path / "made"
    for entry in (f"touch {made} |", f"| touch {made}"):
        with pytest.raises(InputError, match=r"^x:7: .*is a command"):
            read_matrix(entry, "x:7")
        scp = tmp_path / "feats.scp"
        scp.write_text(f"a b.ark:2\nb {entry}\n")
        with pytest.raises(InputError, match=r"feats.scp:2: .*is a command"):
            read_scp(scp)
    assert not made.exists()


def test_pickles_are_refused_and_not_loaded(tmp_path):
    trap = tmp_path / "made"
    ark = tmp_path / "trap.ark"
    ark.write_bytes(b"a PKL" + pickle.dumps(MakesDirectory(str(trap))))
    with pytest.raises(InputError, match="found a pickle in an archive; write the features as"):
        read_matrix(f"{ark}:2", "feats.scp:1")
    assert not trap.exists()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda good: good[:-1], "cut short"),
        (lambda good: good[:12], "cut short"),
        (lambda good: good[:2], "no Kaldi matrix"),
        (lambda good: b"", "no Kaldi matrix"),
        (lambda good: good.replace(b"FM", b"FX"), "no Kaldi matrix"),
        (lambda good: good[:7] + b"\5" + good[8:], "matrix's header is damaged"),
        (lambda good: good[:12] + b"\0" + good[13:], "matrix's header is damaged"),
        (lambda good: good[:8] + struct.pack("<i", -1) + good[12:], "matrix is empty"),
        (lambda good: good[:8] + struct.pack("<i", 2**30) + good[12:], "cut short"),
    ],
)
def test_damage_is_one_line_with_place_and_cure(tmp_path, matrices, damage, complaint):
    scp = write(tmp_path, {"a": matrices["spk-2"]})
    ark = tmp_path / "feats.1.ark"
    ark.write_bytes(damage(ark.read_bytes()))
    with pytest.raises(InputError, match=complaint) as raised:
        read_matrix(scp["a"], "feats.scp:3")
    assert str(raised.value).startswith(f"feats.scp:3: {ark}:2: ")
    assert "\n" not in str(raised.value)


def test_missing_archive_is_named(tmp_path):
    with pytest.raises(InputError, match=r"^feats.scp:3: .*gone.ark cannot be read \(No such file"):
        read_matrix(str(tmp_path / "gone.ark:2"), "feats.scp:3")


def test_malformed_scp_names_its_line(tmp_path):
    (tmp_path / "feats.scp").write_text("a a.ark:1\nb\n")
    with pytest.raises(InputError, match=r"feats.scp:2: expected '<key> <value>'"):
        read_scp(tmp_path / "feats.scp")


MATRIX = np.array([[1.5, -2.0, 3.0], [4.0, 5.0, 6.25], [7.0, 8.0, 9.0]], np.float32)


def test_a_range_of_rows_includes_its_last(tmp_path):
    scp = write(tmp_path, {"a": MATRIX})
    np.testing.assert_array_equal(read_matrix(f"{scp['a']}[1:2]", "x"), MATRIX[1:])
    assert matrix_shape(f"{scp['a']}[1:1]", "x") == (1, 3)
    for wrong in ("[2:3]", "[2:1]"):
        for read in (read_matrix, matrix_shape):
            with pytest.raises(
                InputError,
                match=r"ark:2: expected rows 2 to \d in the matrix, found 0 to 2",
            ):
                read(scp["a"] + wrong, "x")


def test_a_range_of_columns_is_kaldis_second(tmp_path):
    """Kaldi util/kaldi-holder.cc: ``[0:1,1:2]``, and a missing number is the first or last."""
    scp = write(tmp_path, {"a": MATRIX})
    for text, wanted in (
        ("[0:1,1:2]", MATRIX[:2, 1:]),
        ("[:,:1]", MATRIX[:, :2]),
        ("[1:]", MATRIX[1:]),
        ("[:0,2:2]", MATRIX[:1, 2:]),
    ):
        np.testing.assert_array_equal(read_matrix(scp["a"] + text, "x"), wanted)
        assert matrix_shape(scp["a"] + text, "x") == wanted.shape
    with pytest.raises(InputError, match="expected columns 0 to 3 in the matrix, found 0 to 2"):
        matrix_shape(scp["a"] + "[:,0:3]", "x")


def test_a_missing_relative_path_names_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for read in (read_matrix, matrix_shape):
        with pytest.raises(InputError, match=rf"^x: raw/a.ark cannot .* directory {tmp_path}; st"):
            read("raw/a.ark:2", "x")


def test_names_that_no_file_system_has_are_refused():
    for read in (read_matrix, matrix_shape):
        with pytest.raises(InputError, match=r"cannot be read \(File name too long\)"):
            read("a" * 5000, "x")
