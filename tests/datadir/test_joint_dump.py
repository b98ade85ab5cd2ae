"""Several dumps as one: ids, what must agree, and what a held-out corpus leaves to train on."""

import pytest

from menan.config import TrainingConfig
from menan.datadir.archive import read_scp
from menan.datadir.division import divided
from menan.datadir.joint_dump import open_dumps
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.front_ends import KaldiFrontEnd
from menan.labels import LabelSet

QUICK = TrainingConfig(epochs=2, batch_size=5)
BALANCED = TrainingConfig(epochs=2, batch_size=5, balance="corpus")


def test_equal_ids_are_two_people_and_the_matrices_stay_where_they_are(two_corpora):
    dump = open_dumps(two_corpora)
    labels = dump.metadata
    assert len(labels.speakers) == 12
    assert labels.utt2spk["small:spk00-ang0-sp0.9"] == "small:spk00"
    assert labels.utt2uniq["small:spk00-ang0-sp0.9"] == "small:spk00-ang0"
    assert labels.spk2group["large:spk00"] == "large:g01"
    assert labels.spk2gender["large:spk01"] == "m"
    assert list(labels.utt2spk) == sorted(labels.utt2spk)
    small, large = two_corpora.split(",")
    assert dump.scp["small:spk01-sad1"] == read_scp(small)["spk01-sad1"]
    backwards = open_dumps(f"{large},{small}")
    assert (backwards.metadata, backwards.scp) == (labels, dump.scp)


def test_a_path_with_a_comma_is_one_path(make_dump):
    feats = make_dump("a,b")
    assert open_dumps(feats).metadata.corpora == ()


@pytest.mark.parametrize(
    ("options", "corpus", "message"),
    [
        ({}, "first", r"second/corpus: expected another name .*first, found 'first' in both; name"),
        ({}, "each", r"second/corpus: 'each' cannot stand beside other corpora; write another"),
        (
            {"emotions": LabelSet(("ang", "hap", "joy", "sad"))},
            "second",
            r"second/emotions: lacks neu and also has joy, unlike .*first/emotions; .*--map old=",
        ),
        (
            {"features": KaldiFrontEnd(seconds=0.6)},
            "second",
            r"second/feats.scp: its features have seconds 0.6, those of .*first/feats.scp have 0.5",
        ),
    ],
)
def test_dumps_that_do_not_fit_are_refused_in_one_line(make_dump, options, corpus, message):
    first, second = make_dump("first"), make_dump("second", **options)
    (second.parent / "corpus").write_text(f"{corpus}\n")
    with pytest.raises(InputError, match=message) as refused:
        open_dumps(f"{first},{second}")
    assert "\n" not in str(refused.value)


def test_equal_labels_in_another_order_fit(make_dump):
    other = make_dump("z", emotions=LabelSet(("sad", "neu", "hap", "ang")))
    labels = open_dumps(f"{other},{make_dump('a')}").metadata
    assert labels.emotions.names == ("ang", "hap", "neu", "sad")
    assert labels.utt2emo["z:spk00-neu0"] == ("neu",)


def test_nothing_of_a_held_out_corpus_trains_or_validates(two_corpora):
    small, _ = two_corpora.split(",")
    folder = open_dumps(small).feats.parent
    table = read_table(folder / "utt2spk") | {"spk03-ang0": "spk03-ang0"}
    table |= {"spk03-ang0-sp0.9": "spk03-ang0"}
    write_table(folder / "utt2spk", table)
    (folder / "unknown_speakers").write_text("spk03-ang0\n")
    labels = open_dumps(two_corpora).metadata
    train, heldout = divided(labels, "small")
    assert all(utt.startswith("large:") for utt in train)
    assert {labels.spk2group[labels.utt2spk[utt]] for utt in train} == {
        *("large:g02", "large:g03", "large:g04"),
    }
    parts = {
        part: {utt[:11] for utt, p in heldout.items() if p == part} for part in heldout.values()
    }
    assert parts.pop("large:g01") == {"large:spk00", "large:spk01"}
    assert parts == {f"small:spk0{n}": {f"small:spk0{n}"} for n in range(4)}
    assert "small:spk03-ang0" not in heldout  # nobody knows who speaks
    assert not any("-sp0.9" in utt for utt in heldout)
    # While another corpus is held out, it trains.
    assert "small:spk03-ang0" in divided(labels, "large")[0]


def test_a_corpus_that_leaves_no_group_to_validate_is_refused(make_dump):
    feats = f"{make_dump('a', speakers=2)},{make_dump('b')}"
    assert divided(open_dumps(feats).metadata, "a")
    with pytest.raises(InputError, match="'b' leaves no group to validate, as no other corpus has"):
        divided(open_dumps(feats).metadata, "b")


@pytest.mark.parametrize(
    ("held_out", "cannot"), [("small", "is left to test"), ("large", "is left to validate")]
)
def test_a_corpus_without_emotions_neither_tests_nor_validates(two_corpora, held_out, cannot):
    small, _ = two_corpora.split(",")
    folder = open_dumps(small).feats.parent
    write_table(folder / "utt2emo", dict.fromkeys(read_table(folder / "utt2emo"), "-"))
    with pytest.raises(InputError, match=f"holding out corpus '{held_out}': .* {cannot}; label"):
        divided(open_dumps(two_corpora).metadata, held_out)
