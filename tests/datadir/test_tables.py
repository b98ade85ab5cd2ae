import subprocess

import pytest

from menan.datadir.tables import c_sorted, read_lines, read_table, write_table
from menan.errors import InputError


def test_order_is_that_of_sort_in_the_c_locale():
    keys = ["b", "a_1", "a-1", "-x", "B", "é", "z", "a", "a+", "1", "10", "2", "￿", "𐀀"]
    done = subprocess.run(
        ["sort"],
        input="\n".join(keys).encode(),
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert c_sorted(keys) == done.stdout.decode().split("\n")[:-1]


def test_file_is_sorted_with_one_space_and_a_last_newline(tmp_path):
    write_table(tmp_path / "utt2spk", {"b-2": "b", "b-1": "b", "B-1": "B"})
    assert (tmp_path / "utt2spk").read_bytes() == b"B-1 B\nb-1 b\nb-2 b\n"


def test_values_keep_their_inner_spaces(tmp_path):
    (tmp_path / "wav.scp").write_text("a /my  files/a b.wav\n")
    assert read_table(tmp_path / "wav.scp") == {"a": "/my  files/a b.wav"}


def test_crlf_does_not_become_part_of_a_value(tmp_path):
    (tmp_path / "utt2spk").write_bytes(b"a-1 a\r\nb-1 b\r\n")
    assert read_table(tmp_path / "utt2spk") == {"a-1": "a", "b-1": "b"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1\na 2\n", r"table:2: 'a' is listed twice"),
        (b"a 1\n\nb 2\n", r"table:2: expected '<key> <value>'"),
        (b"a 1\nb\n", r"table:2: expected '<key> <value>', found 'b'"),
        (b"a 1\nb \n", r"table:2: expected"),
        (b"a 1\n c 2\n", r"table:2: expected"),
        (b"a\t1\n", r"table:1: expected"),
        (b"a 1\nb 2\0\n", r"table:2: contains a zero byte; write the line again"),
        (b"a" * 5000, r"table:1: expected '<key> <value>', found 'a{80}'$"),
        (b"a \xf6\n", r"table: not UTF-8 text \(byte 2\)"),
    ],
)
def test_a_malformed_table_is_refused_with_file_and_line(tmp_path, content, message):
    (tmp_path / "table").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "table")


def test_a_missing_table_and_a_directory_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent: cannot be read \(No such file"):
        read_table(tmp_path / "absent")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)


def test_lines_are_split_at_newlines_only(tmp_path):
    (tmp_path / "text").write_text("a x\u2028y\nb \x0cz", encoding="utf-8")
    assert read_lines(tmp_path / "text") == ["a x\u2028y", "b \x0cz"]


def test_an_empty_file_has_no_lines(tmp_path):
    (tmp_path / "text").write_text("")
    assert read_lines(tmp_path / "text") == []
