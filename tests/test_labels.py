import pytest

from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS, LabelSet, default_labels

EIGHT = LabelSet(("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"))
FIFTY = LabelSet(tuple(f"label{i}" for i in range(50)))


@pytest.mark.parametrize("labels", [LabelSet(("no", "yes")), IEMOCAP_EMOTIONS, EIGHT, FIFTY])
def test_a_label_set_of_two_to_fifty_labels_knows_size_index_and_chance(labels):
    assert [labels.index(name) for name in labels] == list(range(len(labels)))
    assert labels.chance == 1 / len(labels)
    assert labels.names[-1] in labels
    assert "no such label" not in labels


def test_several_emotions_come_in_the_order_of_the_set():
    assert IEMOCAP_EMOTIONS.parse("sad,hap,ang", "utt2emo:1") == ("ang", "hap", "sad")
    assert EIGHT.parse("angry,calm", "utt2emo:1") == ("calm", "angry")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fru", "utt2emo:3: unknown emotion 'fru'; choose from ang hap neu sad"),
        ("ang,", "utt2emo:3: unknown emotion ''"),
        ("", "utt2emo:3: unknown emotion ''"),
        ("Ang", "utt2emo:3: unknown emotion 'Ang'"),
        ("ang, sad", "utt2emo:3: unknown emotion ' sad'"),
        ("sad,sad", "utt2emo:3: an emotion is listed twice in 'sad,sad'; list each once"),
    ],
)
def test_a_malformed_list_of_emotions_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        IEMOCAP_EMOTIONS.parse(text, "utt2emo:3")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "expected 2 to 50 emotions, found 0"),
        (("ang",), "found 1: ang"),
        ((*FIFTY, "one_more"), "found 51: label0 label1"),
        (("ang", "sad", "ang"), "emotion 'ang' is listed twice"),
        (("ang", "very sad"), "emotion 'very sad': a label must be one word"),
        (("ang", "hap,sad"), "one word without a comma"),
        (("ang", ""), "emotion ''"),
        (("ang", "s\0ad"), "a label must be one word"),
    ],
)
def test_a_malformed_label_set_is_refused(names, message):
    with pytest.raises(InputError, match=message):
        LabelSet(names)


def test_default_labels_are_those_of_iemocap_or_all_found_in_c_order():
    assert default_labels(["sad"]) == IEMOCAP_EMOTIONS
    assert default_labels(["sad", "Z", "a", "Z"]).names == ("Z", "a", "sad")
