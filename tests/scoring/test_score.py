import pytest

from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS, LabelSet
from menan.scoring.score import report_text, score, score_report

SINGLE = {"a-1": ("ang",), "a-2": ("hap",), "b-1": ("hap",), "b-2": ("sad",)}
GUESSES = {"a-1": "ang", "a-2": "ang", "b-1": "hap", "b-2": "sad"}
UTT2SPK = {utt: utt[0] for utt in SINGLE}


def test_wa_ua_recall_and_confusion_of_single_labels():
    result = score(SINGLE, GUESSES, IEMOCAP_EMOTIONS)
    assert result.wa == 0.75
    assert result.ua == pytest.approx((1 + 0.5 + 1) / 3)
    assert result.recall == {"ang": 1.0, "hap": 0.5, "neu": None, "sad": 1.0}
    assert result.confusion == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_a_hypothesis_among_several_labels_is_right_and_ua_is_of_single_ones():
    references = {"a-1": ("ang", "sad"), "a-2": ("hap",), "b-1": ("hap", "sad"), "b-2": ("neu",)}
    guesses = {"a-1": "sad", "a-2": "hap", "b-1": "ang", "b-2": "sad"}
    result = score(references, guesses, IEMOCAP_EMOTIONS)
    assert result.wa == 0.5
    assert result.single == 2
    assert result.ua == 0.5


def test_no_single_label_leaves_ua_open():
    result = score({"a": ("ang", "sad")}, {"a": "sad"}, IEMOCAP_EMOTIONS)
    assert result.ua is None
    assert result.wa == 1.0


def test_speakers_and_genders_are_scored_apart():
    report = score_report(SINGLE, GUESSES, IEMOCAP_EMOTIONS, UTT2SPK, {"a": "f", "b": "m"})
    assert {name: part.wa for name, part in report.speakers.items()} == {"a": 0.5, "b": 1.0}
    assert {name: part.wa for name, part in report.genders.items()} == {"f": 0.5, "m": 1.0}


def test_references_without_hypothesis_are_counted_and_reported():
    report = score_report(SINGLE, {"a-1": "ang"}, IEMOCAP_EMOTIONS, UTT2SPK)
    assert report.unscored == 3
    assert "3 references have no hypothesis" in report_text(report)


@pytest.mark.parametrize(
    ("hypotheses", "utt2spk", "message"),
    [
        ({}, None, "no hypotheses"),
        ({"c-1": "ang"}, None, "'c-1' has no reference"),
        ({"a-1": "ang"}, {"a-2": "a"}, "'a-1' has no speaker in utt2spk"),
    ],
)
def test_what_does_not_fit_together_is_refused(hypotheses, utt2spk, message):
    with pytest.raises(InputError, match=message):
        score_report(SINGLE, hypotheses, IEMOCAP_EMOTIONS, utt2spk)


def test_text_shows_percent_confusion_speakers_and_genders():
    text = report_text(
        score_report(SINGLE, GUESSES, IEMOCAP_EMOTIONS, UTT2SPK, {"a": "f", "b": "m"})
    )
    assert text.startswith(
        "WA 75.00 %  UA 83.33 %  macro F1 77.78 %  of 4 utterances (UA of guessing 25.00 %)"
    )
    assert "hap      1      1      0      0     50.00" in text
    assert "neu      0      0      0      0         -" in text
    for line in ("a            2   50.00   50.00", "m           2  100.00  100.00"):
        assert line in text


@pytest.mark.parametrize("count", [2, 7, 8, 50])
def test_any_number_of_labels_is_scored_and_shown(count):
    labels = LabelSet(tuple(f"label{i}" for i in range(count)))
    references = {f"u{i}": (name,) for i, name in enumerate(labels)}
    hypotheses = {utt: labels.names[max(0, i - 1)] for i, utt in enumerate(references)}
    report = score_report(references, hypotheses, labels)
    assert report.whole.wa == report.whole.ua == pytest.approx(1 / count)
    assert [sum(row) for row in report.whole.confusion] == [1] * count
    assert report.to_json()["emotions"] == list(labels)
    assert report.to_json()["chance"] == 1 / count
    lines = report_text(report).splitlines()
    assert f"UA of guessing {100 / count:.2f} %" in lines[0]
    assert max(map(len, lines)) < 150
    assert sum(line.startswith("label") for line in lines) == count
