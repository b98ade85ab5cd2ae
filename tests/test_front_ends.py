"""The settings of front-ends: as YAML has them, compared, and held against matrices."""

from dataclasses import dataclass

import pytest

from menan.errors import InputError
from menan.front_ends import FrontEnd, KaldiFrontEnd


def test_settings_are_flat_and_name_their_front_end():
    settings = KaldiFrontEnd(seconds=2.0, num_mel_bins=20, speeds=(0.9, 1.0))
    plain = settings.to_plain()
    assert plain == {
        "front_end": "kaldi",
        "seconds": 2.0,
        "speeds": [0.9, 1.0],
        "frame_length_ms": 40.0,
        "frame_shift_ms": 10.0,
        "num_mel_bins": 20,
        "pitch": True,
    }
    assert FrontEnd.from_plain(plain, "x") == settings


def test_settings_without_a_name_are_those_of_kaldi():
    """Dumps and models of version 0.1.0 have no name of a front-end."""
    assert FrontEnd.from_plain({"seconds": 2}, "x") == KaldiFrontEnd(seconds=2.0)
    assert FrontEnd.from_plain({}, "x") == KaldiFrontEnd()


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"front_end": "mfcc"}, r"x: unknown front-end 'mfcc'; choose from kaldi.*--plugin"),
        ({"front_end": 3}, r"x\.front_end: expected the name of a front-end"),
        ({"front_end": "kaldi", "bands": 3}, "x: unknown key 'bands'"),
        ("kaldi", "x: expected 'key: value' lines"),
        ({"seconds": 0}, "x: seconds must hold at least one frame"),
        ({"seconds": -1.0}, "x: seconds must hold at least one frame"),
    ],
)
def test_wrong_settings_are_one_line(plain, message):
    with pytest.raises(InputError, match=message):
        FrontEnd.from_plain(plain, "x")


def test_the_first_setting_that_makes_other_features_is_named():
    settings = KaldiFrontEnd(speeds=(0.9, 1.0))
    assert settings.difference(KaldiFrontEnd()) is None
    assert settings.difference(KaldiFrontEnd(num_mel_bins=20)) == ("num_mel_bins", 40, 20)


def test_another_front_end_makes_other_features():
    @dataclass(frozen=True)
    class Other(KaldiFrontEnd):
        name = "other"

    assert KaldiFrontEnd().difference(Other()) == ("front_end", "kaldi", "other")


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        ((97, 43), None),
        ((1, 43), None),
        ((98, 43), "has 98 rows; expected 1 to 97"),
        ((0, 43), "has 0 rows; expected 1 to 97"),
        ((97, 42), "has 42 columns; expected 43"),
        ((43,), r"has the shape (43,); expected (rows, 43)"),
    ],
)
def test_a_matrix_has_the_columns_and_at_most_the_rows_of_its_settings(shape, fault):
    assert KaldiFrontEnd(seconds=1.0).shape_fault(shape) == fault
