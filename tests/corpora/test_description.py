import dataclasses
from itertools import islice

from menan.corpora import iemocap, mosei
from menan.corpora.description import describe, tally
from menan.corpora.preparation import Preparation, cut_to_recording
from menan.datadir.utterances import Utterance
from menan.labels import IEMOCAP_EMOTIONS, LabelSet


def utterance(speaker, number, *emotions, duration=1.0):
    name = f"{speaker}-{number}"
    return Utterance(name, speaker, name, "/a.wav", emotions, duration)


def the_papers_iemocap():
    return [
        utterance(speaker, f"{emotion}{number}", emotion)
        for speaker, counts in iemocap.PAPER.speakers.items()
        for emotion in IEMOCAP_EMOTIONS
        for number in range(counts[emotion])
    ]


def the_papers_mosei():
    """22,323 segments of which 18,837 have one emotion or two, arranged to fit the counts."""
    present = [{"hap"} if number < 12465 else {"sad"} for number in range(18463)]
    present += [{"ang"} for _ in range(18837 - 18463)]
    for emotions in present[: 4997 - (18837 - 18463)]:
        emotions.add("ang")
    present += [{"neu"}] * 3486
    return [utterance(f"v{n % 3293}", n, *sorted(e)) for n, e in enumerate(present)]


def report_of(utterances, labels=IEMOCAP_EMOTIONS, **fields):
    fields = {"left_out": {}, "warnings": {}} | fields
    return describe(Preparation("A corpus", utterances, labels, **fields), "/")


def test_counts_are_shown_by_speaker_and_class_with_their_sums():
    report = report_of(
        [
            utterance("b", 1, "ang", duration=1.5),
            utterance("b", 2, "ang", "sad", duration=3600.0),
            utterance("a", 1, "neu"),
        ]
    )
    first, *table = report.splitlines()
    assert first == "3 utterances of 2 speakers, 1.00 h, 1.000 to 3600.000 s"
    assert [line.split() for line in table] == [
        ["ang", "hap", "neu", "sad", "all"],
        ["a", "0", "0", "1", "0", "1"],
        ["b", "2", "0", "0", "1", "2"],
        ["all", "2", "0", "1", "1", "3"],
    ]


def test_columns_are_as_wide_as_their_labels():
    report = report_of([utterance("a", 1, "surprised")], LabelSet(("surprised", "no")))
    assert report.splitlines()[1:3] == [
        "    surprised     no    all",
        "a           1      0      1",
    ]


def test_thousands_of_speakers_are_only_counted():
    utterances = [utterance(f"v{n:04d}", 0, "neu") for n in range(3293)]
    report = report_of(utterances, speaker_noun="videos")
    assert "3293 utterances of 3293 videos" in report
    assert "v0000" not in report
    assert len(report.splitlines()) == 3


def test_what_is_left_out_is_summed_and_named_largest_first():
    report = report_of([utterance("a", 1, "neu")], left_out={"sur": 3, "fru": 10, "no audio": 1})
    assert "left out: 14 (fru 10, sur 3, no audio 1)" in report


def test_every_kind_of_warning_is_shown_with_its_first_cases_and_their_number():
    warnings = {"without audio": [f"t{n}" for n in range(8)], "cut": ["c0"]}
    report = report_of([utterance("a", 1, "neu")], warnings=warnings)
    assert "warning: without audio: 8: t0, t1, t2, t3, t4 and 3 more\n" in report
    assert report.endswith("warning: cut: 1: c0")


def test_the_whole_iemocap_equals_the_paper():
    report = report_of(the_papers_iemocap(), paper=iemocap.PAPER)
    assert report.endswith("counts equal the paper's 5531")
    assert "warning" not in report


def test_a_difference_from_iemocap_is_named_by_class_and_speaker():
    utterances = the_papers_iemocap()
    index = next(i for i, u in enumerate(utterances) if u.utt == "Ses03M-neu0")
    utterances[index] = dataclasses.replace(utterances[index], emotions=("sad",))
    report = report_of(utterances, paper=iemocap.PAPER)
    assert report.splitlines()[-3:] == [
        "warning: counts differ from the paper's, shown in brackets:",
        "  all: neu 1707 (1708), sad 1085 (1084)",
        "  Ses03M: neu 189 (190), sad 134 (133)",
    ]


def test_a_speaker_lacking_or_unknown_to_the_paper_is_named():
    utterances = [u for u in the_papers_iemocap() if u.speaker != "Ses05F"]
    utterances.append(utterance("Ses06F", 1, "ang"))
    report = report_of(utterances, paper=iemocap.PAPER)
    assert "  Ses05F: ang 0 (78), hap 0 (159), neu 0 (221), sad 0 (132), all 0 (590)" in report
    assert report.endswith("  Ses06F: ang 1 (0), all 1 (0)")


def test_mosei_is_compared_by_the_emotions_present():
    utterances = the_papers_mosei()
    assert tally(utterances, IEMOCAP_EMOTIONS)["hap"] == 12465
    assert report_of(utterances, paper=mosei.PAPER).endswith("counts equal the paper's 22323")
    fewer = list(islice(utterances, len(utterances) - 2))
    report = report_of(fewer, paper=mosei.PAPER)
    assert report.endswith("  all: neu 3484 (3486), all 22321 (22323)")


def test_a_corpus_without_paper_is_compared_with_nothing():
    assert "paper" not in report_of([utterance("a", 1, "neu")])


def test_a_stretch_never_leaves_the_recording_by_rounding():
    for samples in range(16000, 16050):
        seconds = samples / 16000
        start, end = cut_to_recording(-0.1, 99.0, seconds)
        assert start == 0.0
        assert seconds - 1e-4 < end <= seconds
        assert float(f"{end:.4f}") == end
