"""The rules on speakers, on paths that EmoBox's manifests have."""

import pytest

from menan.corpora.emobox_speakers import RULES, conflicts, rule_of

PATHS = {
    "aesdd/fear/f15 (3).wav": ("3", None),
    "aesdd/sadness/s04 (01).wav": ("1", None),
    "ased/05Angry/a5-02-01-01-33.wav": ("33", None),
    "asvpesd/Audio/actor_36/03-01-09-01-06-36-02-02-01-39.wav": ("36", None),
    "asvpesd/Audio/actor_/03-02-13-01-04-90-02-02-02-13.wav": ("90", None),
    "asvpesd/Audio/actor_50/03-01-07-01-20-65-02-02-05.wav": ("65", None),
    "cafe/CaFE_48k/Peur/Fort/12-P-2-5.wav": ("12", "f"),
    "casia/liuchanhg/neutral/239.wav": ("liuchanhg", None),
    "cremad/AudioWAV/1087_IWL_ANG_XX.wav": ("1087", None),
    "emns/cleaned_webm/recorded_audio_RF6OuQ4.webm": ("emns", None),
    "emodb/wav/03a01Wa.wav": ("03", "m"),
    "emodb/wav/16b10Td.wav": ("16", "f"),
    "emovdb/bea_Sleepy/sleepiness_113-140_0129.wav": ("bea", "f"),
    "emovo/f2/gio-f2-b2.wav": ("f2", "f"),
    "enterface/subject 11/anger/sentence 4/s12_an_4.avi": ("subject11", None),
    "esd/0005/Neutral/0005_000001.wav": ("0005", None),
    "iemocap/Session3/sentences/wav/Ses03M_impro08a/Ses03M_impro08a_M019.wav": ("Ses03M", "m"),
    "iemocap/Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F001.wav": (
        "Ses05F",
        "f",
    ),
    "jlcorpus/JL(wav+txt)/female2_concerned_10a_1.wav": ("female2", "f"),
    "mead/W019/audio/neutral/level_1/020.m4a": ("W019", "f"),
    "oreau/OréauFR_02/f/sessj/10a02Ja.wav": ("10", None),
    "pavoque/pavoque-poker.flac": ("pavoque", "m"),
    "polish/m3.s_trzymaj_5.wav": ("m3", None),
    "ravdess/Audio_Speech_Actors_01-24/Actor_18/03-01-05-01-02-01-18.wav": ("Actor_18", "f"),
    "savee/JE_n23.wav": ("JE", "m"),
    "shemo/female/F24H24.wav": ("F24", "f"),
    "subesco/M_05_DURANTO_S_9_FEAR_4.wav": ("M_05", "m"),
    "tess/OAF_lid_fear.wav": ("OAF", "f"),
    "turevdb/Sound Source/Calm/1984_sk_eger.wav": ("sk", None),
    "urdu/Neutral/SM20_F8_N012.wav": ("SM20", "m"),
    "meld/train/train_splits/dia0_utt0.mp4": (None, None),
    "mesd/Mexican Emotional Speech Database (MESD)/Anger_F_A_tarde.wav": (None, None),
}


@pytest.mark.parametrize("path", PATHS)
def test_the_path_tells_speaker_and_gender(path):
    rule = RULES[path.split("/")[0]]
    speaker = rule.speaker_of(f"downloads/{path}")
    gender = rule.gender_of(speaker) if speaker else None
    assert (speaker, gender) == PATHS[path]


def test_every_rule_has_an_example_and_what_has_none_a_hint():
    with_pattern = {corpus for corpus, rule in RULES.items() if rule.pattern}
    assert with_pattern <= {path.split("/")[0] for path in PATHS}
    assert len(RULES) == 32
    assert all(rule.hint for corpus, rule in RULES.items() if corpus not in with_pattern)


def test_an_unknown_corpus_has_a_rule_without_speakers():
    assert rule_of("mine").title == "mine"
    assert rule_of("mine").speaker_of("downloads/mine/a_1.wav") is None


def test_speakers_of_other_names_are_compared_by_majority():
    assert conflicts({"a": "1", "b": "2"}, {"a": "x", "b": "x"}) == []
    assert conflicts({"a": "1", "b": "1", "c": "1"}, {"a": "x", "b": "y", "c": "y"}) == ["a"]
