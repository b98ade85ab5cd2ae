import pytest

from menan.errors import InputError
from menan.labels import EMOTIONS, parse_emotions


def test_the_order_of_the_emotions_is_that_of_stored_posteriors():
    assert EMOTIONS == ("ang", "hap", "neu", "sad")


def test_several_emotions_come_in_the_order_of_the_posteriors():
    assert parse_emotions("sad,hap,ang", "utt2emo:1") == ("ang", "hap", "sad")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fru", "utt2emo:3: unknown emotion 'fru'; the labels are ang hap neu sad"),
        ("ang,", "utt2emo:3: unknown emotion ''"),
        ("", "utt2emo:3: unknown emotion ''"),
        ("Ang", "utt2emo:3: unknown emotion 'Ang'"),
        ("ang, sad", "utt2emo:3: unknown emotion ' sad'"),
        ("sad,sad", "utt2emo:3: an emotion is named twice"),
    ],
)
def test_what_is_no_list_of_emotions_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_emotions(text, "utt2emo:3")
