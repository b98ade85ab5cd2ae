"""CREMA-D, Emo-DB, MELD and MSP-Podcast in their releases' layouts."""

import re
from collections import Counter

import pytest

from menan.corpora import cremad, emodb, meld, msp_podcast
from menan.corpora.description import describe
from menan.corpora.label_choice import LabelChoice
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_clips import (
    synthesize_cremad,
    synthesize_emodb,
    synthesize_meld,
    synthesize_msp_podcast,
)
from menan.datadir.utterances import write_datadir
from menan.errors import InputError

SHORT = Lengths(0.5, 0.6)
DOORS = {
    "cremad": (cremad, synthesize_cremad, {"speakers": 2}),
    "emodb": (emodb, synthesize_emodb, {"speakers": 2}),
    "meld": (meld, synthesize_meld, {"dialogues": 2}),
    "msp": (msp_podcast, synthesize_msp_podcast, {"speakers": 4}),
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """One small release of each corpus, not to be changed."""
    root = tmp_path_factory.mktemp("releases")
    for name, (_, synthesize, size) in DOORS.items():
        synthesize(root / name, lengths=SHORT, **size)
    return root


@pytest.fixture
def copy(releases, tmp_path):
    """A copy of a release that a test may change."""

    def make(name):
        for path in (releases / name).rglob("*"):
            target = tmp_path / name / path.relative_to(releases / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file():
                target.write_bytes(path.read_bytes())
        return tmp_path / name

    return make


def every_turn(releases):
    """MSP-Podcast with all of its labels."""
    letters = msp_podcast.LABEL_BY_LETTER.values()
    return msp_podcast.prepare(releases / "msp", LabelChoice(tuple(letters)))


def by_id(preparation):
    return {u.utt: u for u in preparation.utterances}


def test_cremad_takes_actor_emotion_sentence_and_level_from_the_name(releases):
    preparation = cremad.prepare(releases / "cremad")
    found = by_id(preparation)
    assert len(found) == 2 * 6 * 2
    one = found["1002-IEO-FEA-HI"]
    assert (one.speaker, one.gender, one.emotions) == ("1002", "f", ("fear",))
    assert (one.text, one.intensity) == ("It's eleven o'clock", "high")
    assert found["1001-DFA-NEU-XX"].intensity is None
    report = describe(preparation, releases / "cremad")
    assert "warning: counts differ from the published, shown in brackets:" in report
    assert "angry 4 (1271)" in report


def test_cremad_as_perceived_leaves_ties_out(releases):
    preparation = cremad.prepare(releases / "cremad", labels="perceived")
    emotions = Counter(u.emotions for u in preparation.utterances)
    assert emotions[("neutral",)] == 8  # the acted ones, and the happy ones
    assert emotions[("happy",)] == emotions[("sad",)] == 0
    assert preparation.left_out == {"tie": 4}
    assert preparation.paper is None
    with pytest.raises(InputError, match="--labels 'heard'; choose from intended, perceived"):
        cremad.prepare(releases / "cremad", labels="heard")
    with pytest.raises(InputError, match=r"summaryTable.csv: no such file; fetch it from github"):
        cremad.prepare(releases / "cremad/AudioWAV", labels="perceived")


def test_cremad_tells_its_silent_clip_and_other_names(copy):
    root = copy("cremad")
    clip = root / "AudioWAV/1001_DFA_SAD_XX.wav"
    clip.rename(root / "AudioWAV/1076_MTI_SAD_XX.wav")
    (root / "AudioWAV/._1001_DFA_ANG_XX.wav").write_bytes(b"\x00")
    (root / "AudioWAV/1001_IEO_ANG_HI.wav").rename(root / "AudioWAV/1001 copy.wav")
    preparation = cremad.prepare(root)
    assert preparation.warnings["clips without sound, kept"] == ["1076_MTI_SAD_XX.wav"]
    assert preparation.left_out == {"misnamed": 1}
    # The folder of the clips alone will do; then nothing tells the genders.
    alone = cremad.prepare(root / "AudioWAV")
    assert {u.gender for u in alone.utterances} == {None}


def test_emodb_takes_speaker_text_and_emotion_from_the_name(releases):
    preparation = emodb.prepare(releases / "emodb")
    one = by_id(preparation)["03-03a01Wa"]
    assert (one.speaker, one.gender, one.emotions) == ("03", "m", ("angry",))
    assert one.text == "Der Lappen liegt auf dem Eisschrank."
    assert Counter(u.emotions for u in preparation.utterances)[("boredom",)] == 4
    assert len(emodb.prepare(releases / "emodb/wav").utterances) == 28
    assert "08: angry 2 (12)" in describe(preparation, releases)


def test_published_counts_are_those_of_the_publications():
    assert emodb.PUBLISHED.total["all"] == 535
    assert emodb.PUBLISHED.total["angry"] == 127
    assert cremad.PUBLISHED.total["all"] == 5 * 1271 + 1087
    assert meld.PUBLISHED.total["all"] == 13708
    assert {part: row["all"] for part, row in meld.PUBLISHED.splits.items()} == {
        "train": 9989,
        "valid": 1109,
        "test": 2610,
    }
    assert sum(msp_podcast.PUBLISHED.values()) == 151654


def test_meld_takes_the_official_split_and_tells_clips_without_audio(releases):
    preparation = meld.prepare(releases / "meld")
    assert Counter(u.split for u in preparation.utterances) == {
        "train": 26,
        "valid": 13,
        "test": 13,
    }
    one = by_id(preparation)["Mr_Geller-train-dia0_utt6"]
    assert (one.emotions, one.text) == (("surprise",), "We were waiting for you.")
    assert preparation.left_out == {"no audio": 4}
    (what,) = preparation.warnings
    assert re.match("clips that are only video, left out; extract .* ffmpeg -i", what)
    report = describe(preparation, releases)
    assert "splits: test 13, train 26, valid 13" in report
    assert "train: angry 4 (1109)" in report


def test_meld_without_any_audio_or_table_says_what_to_do(copy):
    root = copy("meld")
    for path in root.rglob("*.wav"):
        path.rename(path.with_suffix(".mp4"))
    with pytest.raises(
        InputError, match=r"no audio of any utterance; extract the audio, such as f"
    ):
        meld.prepare(root)
    for path in root.rglob("*.csv"):
        path.unlink()
    with pytest.raises(InputError, match="does not contain train_sent_emo"):
        meld.prepare(root)


def test_parts_of_a_release_may_be_links_to_another_disk(copy, tmp_path):
    root = copy("meld")
    expected = len(meld.prepare(root).utterances)
    (root / "train").rename(tmp_path / "disk")
    (root / "train").symlink_to(tmp_path / "disk")
    (tmp_path / "disk/up").symlink_to(root)  # a loop ends
    assert len(meld.prepare(root).utterances) == expected


def test_cremad_names_actors_whose_sex_is_not_told(copy):
    root = copy("cremad")
    warning = "actors without a sex in VideoDemographics.csv"
    assert {u.gender for u in cremad.prepare(root.parent).utterances} == {"f", "m"}
    assert warning not in cremad.prepare(root.parent).warnings
    (root / "VideoDemographics.csv").unlink()
    assert cremad.prepare(root).warnings[warning] == ["1001", "1002"]


def test_a_part_of_meld_will_do(copy):
    root = copy("meld")
    (root / "dev_sent_emo.csv").unlink()
    (root / "test_sent_emo.csv").rename(root / "test/test_sent_emo.csv")
    preparation = meld.prepare(root)
    assert {u.split for u in preparation.utterances} == {"train", "test"}
    assert preparation.warnings["parts of the split without a table"] == ["dev_sent_emo.csv"]


def test_msp_podcast_has_no_speaker_for_unknown_ones(releases, tmp_path):
    preparation = msp_podcast.prepare(releases / "msp")
    unknown = [u for u in preparation.utterances if not u.speaker_known]
    assert {u.split for u in unknown} == {"train", "valid", "test1", "test3"}
    assert {u.gender for u in unknown} == {None}
    assert {u.speaker for u in preparation.utterances if u.speaker_known} == {
        f"spk10{n}" for n in range(4)
    }
    assert preparation.left_out == {"other": 10, "no-agreement": 10}
    assert preparation.labels.names == (
        *("angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    )
    write_datadir(preparation.utterances, tmp_path, emotions=preparation.labels)
    listed = (tmp_path / "unknown_speakers").read_text().split()
    assert listed == sorted(u.utt for u in unknown)
    groups = dict(line.split() for line in (tmp_path / "spk2group").read_text().splitlines())
    assert sorted(groups) == [f"spk10{n}" for n in range(4)]
    splits = dict(line.split() for line in (tmp_path / "utt2split").read_text().splitlines())
    assert len(splits) == len(preparation.utterances)
    report = describe(preparation, releases)
    assert f"speaker unknown: {len(unknown)} utterances" in report
    assert "train 40 (84030)" in report


def test_msp_podcast_may_lack_the_part_whose_labels_are_not_published(releases, monkeypatch):
    parts = Counter(u.split for u in every_turn(releases).utterances)
    assert parts["test3"]
    published = dict(parts) | {"test3": 2347}
    what = "parts with other numbers of turns than release 1.11 (in brackets)"
    monkeypatch.setattr(msp_podcast, "PUBLISHED", published)
    assert every_turn(releases).warnings[what] == [f"test3 {parts['test3']} (2347)"]
    monkeypatch.setitem(msp_podcast.PARTS, "Test3", "other")
    assert what not in every_turn(releases).warnings


def test_msp_podcast_takes_other_labels_if_asked(releases):
    preparation = msp_podcast.prepare(releases / "msp", LabelChoice(("angry", "other")))
    assert Counter(u.emotions for u in preparation.utterances) == {("angry",): 10, ("other",): 10}


def test_msp_podcast_tells_turns_without_audio_and_contradictory_genders(copy):
    root = copy("msp")
    (root / "Audios").rename(root / "Audio")
    (root / "Audio/MSP-PODCAST_0001_0001.wav").unlink()
    table = root / "Labels/labels_consensus.csv"
    text = table.read_text()
    table.write_text(re.sub(r"(_0002_0002.*)Female", r"\1Male", text))
    preparation = msp_podcast.prepare(root)
    assert preparation.warnings["turns without audio"] == ["MSP-PODCAST_0001_0001.wav"]
    assert preparation.warnings["speakers with two genders, so they get none"] == ["spk101"]


@pytest.mark.parametrize(
    ("corpus", "table", "old", "new", "told"),
    [
        ("msp", "Labels/labels_consensus.csv", ",A,", ",Q,", ":2: expected a letter of ASHUFDCNOX"),
        ("msp", "Labels/labels_consensus.csv", "Train", "train", ":2: expected Train, Dev"),
        ("msp", "Labels/labels_consensus.csv", "_0001_0002.", "_0001_0001.", ":3: .* at .*:2 too"),
        ("msp", "Labels/labels_consensus.csv", "SpkrID", "Spk", ":1: no column 'spkrid'"),
        ("meld", "train_sent_emo.csv", "neutral,0,1,", "neutral,0,0,", ":3: dia0_utt0 .* too"),
        ("meld", "train_sent_emo.csv", "neutral,0,0,", "neutral,x,0,", ":2: expected numbers"),
        ("meld", "train_sent_emo.csv", "Dialogue_ID", "Dialogue", ":1: no column 'dialogue_id'"),
        (
            "cremad",
            "processedResults/summaryTable.csv",
            ",A,",
            ",Q,",
            ":2: expected letters of ADF",
        ),
        ("cremad", "VideoDemographics.csv", "Female", "F", ":3: expected Male or Female as Sex"),
        ("cremad", "VideoDemographics.csv", "Sex", "Gender", ":1: no column 'sex'"),
    ],
)
def test_a_malformed_table_is_named(copy, corpus, table, old, new, told):
    root = copy(corpus)
    path = root / table
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    options = {"labels": "perceived"} if "summary" in table else {}
    with pytest.raises(InputError, match=re.escape(str(path)) + told):
        DOORS[corpus][0].prepare(root, **options)


@pytest.mark.parametrize("corpus", DOORS)
def test_an_empty_folder_says_what_was_expected(corpus, tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path}: .*; (give|unpack)"):
        DOORS[corpus][0].prepare(tmp_path)


@pytest.mark.parametrize("corpus", DOORS)
def test_the_same_seed_gives_the_same_bytes(corpus, releases, tmp_path):
    _, synthesize, size = DOORS[corpus]
    synthesize(tmp_path / "again", lengths=SHORT, **size)
    for path in (tmp_path / "again").rglob("*"):
        if path.is_file():
            own = releases / corpus / path.relative_to(tmp_path / "again")
            assert own.read_bytes() == path.read_bytes()
