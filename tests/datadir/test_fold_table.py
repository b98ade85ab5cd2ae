import pytest

from menan.datadir.fold_table import fold_table, format_fold_table, set_groups, write_fold_table
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError


@pytest.fixture
def directory(tmp_path):
    """Speakers a, b, c, d with 1, 2, 3, 4 utterances and as many speed copies."""
    originals = [f"{s}-{i}" for n, s in enumerate("abcd", start=1) for i in range(n)]
    utts = sorted([*originals, *(f"{utt}-sp1.1" for utt in originals)])
    lines = {
        "utt2spk": [f"{utt} {utt[0]}" for utt in utts],
        "utt2emo": [f"{utt} sad" for utt in utts],
        "utt2uniq": [f"{utt} {utt.removesuffix('-sp1.1')}" for utt in utts],
        "spk2group": ["a one", "b two", "c one", "d two"],
    }
    for name, of_file in lines.items():
        (tmp_path / name).write_text("\n".join(of_file) + "\n")
    return tmp_path


def test_table_counts_the_originals_of_each_part(directory):
    write_fold_table(directory / "out" / "folds.tsv", fold_table(directory))
    assert (directory / "out" / "folds.tsv").read_text() == (
        "group\ttest\tvalid\ttrain_speakers\ttrain_utts\tvalid_utts\ttest_utts\n"
        "one\ta\tc\t2\t6\t3\t1\n"
        "one\tc\ta\t2\t6\t1\t3\n"
        "two\tb\td\t2\t4\t4\t2\n"
        "two\td\tb\t2\t4\t2\t4\n"
    )


def test_printed_table_has_columns_of_equal_width(directory):
    lines = format_fold_table(fold_table(directory)).splitlines()
    assert [line.index(cell) for line, cell in zip(lines, ["valid", "c ", "a "], strict=False)] == [
        lines[0].index("valid")
    ] * 3
    assert [line.split() for line in lines][1] == ["one", "a", "c", "2", "6", "3", "1"]


def test_without_spk2group_the_general_rule_is_used(directory):
    (directory / "spk2group").unlink()
    rows = fold_table(directory)
    assert [(row.fold.group, row.fold.test, row.fold.valid) for row in rows] == [
        ("g01", "a", "b"),
        ("g01", "b", "a"),
        ("g02", "c", "d"),
        ("g02", "d", "c"),
    ]


def test_a_group_of_one_speaker_is_refused(directory):
    (directory / "spk2group").write_text("a one\nb two\nc one\nd three\n")
    with pytest.raises(InputError, match=rf"^{directory}: group 'three' has 1 speaker"):
        fold_table(directory)


def test_groups_of_a_protocol_replace_those_of_the_data(directory, tmp_path):
    speakers = sorted(set(read_table(directory / "utt2spk").values()))
    groups = {name: f"fold{1 + i % 2}" for i, name in enumerate(speakers)}
    write_table(tmp_path / "two.groups", {**groups, "zz": "fold1"})
    assert set_groups(directory, tmp_path / "two.groups") == ["zz"]
    assert read_table(directory / "spk2group") == groups
    assert {row.fold.group for row in fold_table(directory)} == {"fold1", "fold2"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, r"two.groups: lacks the speaker '.*' of .*; add a line with its group"),
        ({"group": "a/b"}, "two.groups:1: group 'a/b' cannot name a file"),
    ],
)
def test_wrong_groups_are_refused(directory, tmp_path, change, complaint):
    speakers = sorted(set(read_table(directory / "utt2spk").values()))
    groups = dict.fromkeys(speakers if change else speakers[1:], change.get("group", "one"))
    write_table(tmp_path / "two.groups", groups)
    with pytest.raises(InputError, match=complaint):
        set_groups(directory, tmp_path / "two.groups")
