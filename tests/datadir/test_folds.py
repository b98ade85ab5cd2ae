from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menan.datadir.folds import (
    Fold,
    assign_groups,
    folds_of_group,
    groups_of_size,
    held_out_groups,
)
from menan.errors import InputError

SPEAKERS = st.sets(st.text("abcXYZ019-_", min_size=1, max_size=4), min_size=4, max_size=30)


@pytest.mark.parametrize(
    ("test", "valid", "train"),
    [("a", "a", ("c",)), ("a", "b", ("a",)), ("a", "b", ("c", "b"))],
)
def test_a_fold_with_a_speaker_in_two_parts_cannot_be_made(test, valid, train):
    with pytest.raises(AssertionError, match="a speaker in two parts"):
        Fold(test=test, valid=valid, group="g", train=train)


@given(SPEAKERS)
def test_every_speaker_tests_once_validates_once_and_is_never_in_two_parts(speakers):
    spk2group = assign_groups(speakers)
    folds = [
        fold
        for group in held_out_groups(spk2group, ["each"])
        for fold in folds_of_group(spk2group, group)
    ]
    assert sorted(fold.test for fold in folds) == sorted(speakers)
    assert sorted(fold.valid for fold in folds) == sorted(speakers)
    for fold in folds:
        assert not {fold.test, fold.valid} & set(fold.train)
        assert fold.test != fold.valid
        assert spk2group[fold.test] == spk2group[fold.valid] == fold.group
        assert set(fold.train) == {s for s in speakers if spk2group[s] != fold.group}


@given(st.sets(st.text("abcXYZ019-_", min_size=1, max_size=4), min_size=2, max_size=30))
def test_the_general_rule_makes_pairs_and_at_most_one_group_of_three(speakers):
    groups = list(assign_groups(speakers).values())
    sizes = [groups.count(name) for name in sorted(set(groups))]
    assert sizes == [2] * (len(speakers) // 2 - 1) + [2 + len(speakers) % 2]


def test_the_general_rule_pairs_neighbours_whatever_their_order():
    assert assign_groups(["d", "b", "a", "c", "a"]) == {
        "a": "g01",
        "b": "g01",
        "c": "g02",
        "d": "g02",
    }


def test_names_of_groups_sort_as_their_speakers_do():
    groups = list(assign_groups(f"{i:04d}" for i in range(2500)).values())
    assert groups == sorted(groups)
    assert groups[-1] == "g1250"


def test_in_a_group_of_three_the_next_speaker_validates_and_the_last_takes_the_first():
    spk2group = {"a": "g1", "b": "g1", "c": "g1", "x": "g2", "y": "g2"}
    folds = folds_of_group(spk2group, "g1")
    assert [(fold.test, fold.valid) for fold in folds] == [("a", "b"), ("b", "c"), ("c", "a")]
    assert {fold.train for fold in folds} == {("x", "y")}


def test_a_group_of_one_speaker_is_refused():
    with pytest.raises(InputError, match="group 'g2' has 1 speaker"):
        folds_of_group({"a": "g1", "b": "g1", "c": "g2"}, "g2")


def test_a_group_that_leaves_nobody_to_train_on_is_refused():
    with pytest.raises(InputError, match="leaves no speaker to train on"):
        folds_of_group({"a": "g1", "b": "g1"}, "g1")


def test_held_out_groups_are_those_that_are_named():
    spk2group = {"a": "g2", "b": "g1", "c": "g3"}
    assert held_out_groups(spk2group, ["none"]) == [None]
    assert held_out_groups(spk2group, ["each"]) == ["g1", "g2", "g3"]
    assert held_out_groups(spk2group, ["g3", "g1"]) == ["g3", "g1"]


def test_an_unknown_group_is_refused_and_the_known_ones_are_named():
    with pytest.raises(InputError, match="unknown held-out group 'g4'; choose from g1 g2"):
        held_out_groups({"a": "g1", "b": "g2"}, ["g1", "g4"])


RAVDESS = {f"Actor_{n:02d}": "fm"[n % 2] for n in range(1, 25)}  # odd actors are men


def members(groups):
    return [[s for s, g in groups.items() if g == name] for name in sorted(set(groups.values()))]


def test_ravdess_by_six_holds_out_three_women_and_three_men_at_once():
    groups = members(groups_of_size(RAVDESS, RAVDESS, 6))
    assert groups == [[f"Actor_{6 * g + n:02d}" for n in range(1, 7)] for g in range(4)]


@given(
    st.dictionaries(
        st.text("abcXYZ019-_", min_size=1, max_size=4), st.sampled_from(["f", "m", ""])
    ),
    st.integers(2, 7),
    st.integers(0, 3),
)
def test_sizes_and_genders_are_as_even_as_possible_and_no_group_is_too_small(known, size, seed):
    genders = {name: gender for name, gender in known.items() if gender}
    if len(known) < 2 * size:
        with pytest.raises(InputError, match=f"expected {2 * size} speakers or more"):
            groups_of_size(known, genders, size, seed)
        return
    groups = members(groups_of_size(known, genders, size, seed))
    sizes = [len(group) for group in groups]
    assert len(groups) == len(known) // size
    assert min(sizes) >= size
    assert max(sizes) - min(sizes) <= 1
    for gender in ("f", "m", ""):
        counts = [Counter(known[name] for name in group)[gender] for group in groups]
        assert max(counts) - min(counts) <= 1
    assert groups_of_size(reversed(list(known)), genders, size, seed) == groups_of_size(
        known, genders, size, seed
    )


def test_another_seed_is_another_partition_that_is_as_balanced():
    partitions = [members(groups_of_size(RAVDESS, RAVDESS, 6, seed)) for seed in range(4)]
    assert len({str(sorted(map(sorted, groups))) for groups in partitions}) == 4
    for groups in partitions:
        assert [Counter(map(RAVDESS.get, group)) for group in groups] == [{"f": 3, "m": 3}] * 4


@pytest.mark.parametrize(("speakers", "cure"), [("abcdefg", "choose 3 or fewer"), ("abc", "add")])
def test_too_few_speakers_for_two_groups_are_refused(speakers, cure):
    with pytest.raises(InputError, match=f"8 speakers or more .* found {len(speakers)}; {cure}"):
        groups_of_size(speakers, {}, 4)
