"""Several corpora side by side: ids, what is held out, balanced batches, results by corpus."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from menan.analysis.leakage.embeddings import read_embeddings, read_originals
from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.archive import read_scp
from menan.datadir.division import divided
from menan.datadir.joint_dump import open_dumps
from menan.datadir.tables import read_table, write_table
from menan.encoder_settings import AttentiveSettings
from menan.errors import InputError
from menan.features.store import load_frames
from menan.front_ends import KaldiFrontEnd
from menan.labels import LabelSet
from menan.model.model_file import load_model
from menan.training.batches import EpochBatches
from menan.training.plain_loop import train_plainly
from menan.training.plan import Run, RunData, utterance_set
from menan.training.run_state import initial_network
from menan.training.selection import HeldOut
from menan_bin import menan_infer, menan_results, menan_score, menan_train
from tests.training.training_example import CPU, objectives, train_runs

COMMANDS = {
    "train": menan_train,
    "infer": menan_infer,
    "score": menan_score,
    "results": menan_results,
}
QUICK = TrainingConfig(epochs=2, batch_size=5)
BALANCED = TrainingConfig(epochs=2, batch_size=5, balance="corpus")


def joined(*feats):
    return ",".join(map(str, feats))


@pytest.fixture
def run(monkeypatch, capsys):
    """Call a command in this process; gives its exit status and what it printed on both streams."""

    def call(command, *arguments):
        monkeypatch.setattr(sys, "argv", [f"menan-{command}", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            COMMANDS[command].main()
        printed = capsys.readouterr()
        return end.value.code, printed.out + printed.err

    return call


@pytest.fixture
def two(make_dump):
    """Four speakers, and eight others whose ids begin alike, with speed copies."""
    small = make_dump("small", speakers=4, speeds=(0.9, 1.0))
    return joined(small, make_dump("large", speakers=8, seed=1))


def run_data(feats, tmp_path, training, group=None, seed=0):
    dump = open_dumps(feats)
    train, _ = divided(dump.metadata, group)
    return RunData(
        Run(objectives("menan")[0], seed, group, (), dump.metadata.corpora),
        *(dump.metadata.emotions, ModelConfig(), training, dump.features),
        *(utterance_set(load_frames(dump, train, CPU), dump, train), None, tmp_path / "run"),
    )


def test_equal_ids_are_two_people_and_the_matrices_stay_where_they_are(two):
    dump = open_dumps(two)
    labels = dump.metadata
    assert len(labels.speakers) == 12
    assert labels.utt2spk["small:spk00-ang0-sp0.9"] == "small:spk00"
    assert labels.utt2uniq["small:spk00-ang0-sp0.9"] == "small:spk00-ang0"
    assert labels.spk2group["large:spk00"] == "large:g01"
    assert labels.spk2gender["large:spk01"] == "m"
    assert list(labels.utt2spk) == sorted(labels.utt2spk)
    small, large = two.split(",")
    assert dump.scp["small:spk01-sad1"] == read_scp(small)["spk01-sad1"]
    backwards = open_dumps(joined(large, small))
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
        open_dumps(joined(first, second))
    assert "\n" not in str(refused.value)


def test_equal_labels_in_another_order_fit(make_dump):
    other = make_dump("z", emotions=LabelSet(("sad", "neu", "hap", "ang")))
    labels = open_dumps(joined(other, make_dump("a"))).metadata
    assert labels.emotions.names == ("ang", "hap", "neu", "sad")
    assert labels.utt2emo["z:spk00-neu0"] == ("neu",)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ("split", "official splits of several corpora are not joined; hold out each, corpus"),
        ("g01", "unknown held-out group 'g01'; choose from large:g01 .* large small"),
    ],
)
def test_what_cannot_be_held_out_is_refused(two, tmp_path, runs, message):
    with pytest.raises(InputError, match=message):
        train_runs(two, tmp_path / "exp", QUICK, RunsConfig(hold_out=(runs,)))


def test_one_corpus_has_no_other_to_hold_out_or_to_balance(make_dump, tmp_path):
    feats = make_dump()
    with pytest.raises(InputError, match="holding out each corpus needs several; name their dumps"):
        train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(hold_out=("corpus",)))
    with pytest.raises(InputError, match=r"training\.balance is corpus, but this is one corpus"):
        train_runs(feats, tmp_path / "exp", BALANCED, RunsConfig())


def test_validation_on_a_training_speaker_is_found_under_either_name(two, tmp_path):
    small, _ = two.split(",")
    with pytest.raises(InputError, match=r"speaker 'spk00' is also trained on"):
        train_runs(two, tmp_path / "exp", QUICK, RunsConfig(), valid_feats=small)


def test_nothing_of_a_held_out_corpus_trains_or_validates(two):
    small, _ = two.split(",")
    folder = open_dumps(small).feats.parent
    table = read_table(folder / "utt2spk") | {"spk03-ang0": "spk03-ang0"}
    table |= {"spk03-ang0-sp0.9": "spk03-ang0"}
    write_table(folder / "utt2spk", table)
    (folder / "unknown_speakers").write_text("spk03-ang0\n")
    labels = open_dumps(two).metadata
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
    feats = joined(make_dump("a", speakers=2), make_dump("b"))
    assert divided(open_dumps(feats).metadata, "a")
    with pytest.raises(InputError, match="'b' leaves no group to validate, as no other corpus has"):
        divided(open_dumps(feats).metadata, "b")


def test_every_batch_draws_the_corpora_equally_often(two, tmp_path):
    data = run_data(two, tmp_path, BALANCED, "large:g01")
    corpus = dict(zip(data.train.index.tolist(), data.train.corpora, strict=True))
    batches, utts = EpochBatches([data], 1), Counter()
    for step in range(len(batches)):
        index = batches.batch(step)[0].index[0].tolist()
        drawn = Counter(corpus[i] for i in index)
        assert abs(drawn["small"] - drawn["large"]) <= 1
        utts.update(index)
    # 64 utterances of one corpus and 48 of the other: 56 of each are drawn.
    times = {
        name: Counter(utts[i] for i, own in corpus.items() if own == name) for name in data.corpora
    }
    assert times == {"small": Counter({1: 56, 0: 8}), "large": Counter({1: 40, 2: 8})}


def test_balance_follows_seed_and_epoch_and_changes_the_draws(two, tmp_path):
    def order(epoch, training=BALANCED, seed=0):
        data = run_data(two, tmp_path, training, seed=seed)
        return EpochBatches([data], epoch).index[0].tolist()

    assert order(1) == order(1)
    assert len({tuple(o) for o in (order(1), order(2), order(1, seed=1), order(1, QUICK))}) == 4


@pytest.mark.parametrize("encoder", [None, AttentiveSettings(size=8, channels=4)])
def test_both_engines_draw_as_the_plain_loop(two, tmp_path, encoder):
    """The stacked engine trains Table 1, the vmapped engine everything else."""
    model = ModelConfig(encoder, hidden=(6,)) if encoder else ModelConfig()
    training = TrainingConfig(1, 5, balance="corpus")
    runs = RunsConfig(objective=objectives("ec", "menan"), hold_out=("large:g01",))
    train_runs(two, tmp_path / "exp", training, runs, model=model)
    data = run_data(two, tmp_path, training, "large:g01")
    data = RunData(**vars(data) | {"model": model})
    plain = train_plainly(data, initial_network(data), training.epochs)
    path = tmp_path / "exp/menan_seed0/large:g01/large:spk00.last.safetensors"
    trained, card = load_model(path)
    assert card.corpora == {"large": 48, "small": 64}
    # The classifiers move with all that the encoder gives; its own bias before a softmax is noise.
    for key, wanted in plain.named_parameters():
        if key.startswith(("emotion.", "speaker.")):
            torch.testing.assert_close(trained.get_parameter(key), wanted, rtol=1e-3, atol=5e-4)


def test_a_balanced_run_repeats_to_the_bit_alone_or_beside_others(two, tmp_path):
    many = RunsConfig(objective=objectives("ec", "menan"), seed=(0, 1))
    one = RunsConfig(objective=objectives("menan"), seed=(1,))
    train_runs(two, tmp_path / "many", BALANCED, many)
    train_runs(two, tmp_path / "one", BALANCED, one)
    name = "menan_seed1/all/all.last.safetensors"
    assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_balanced_classes_count_utterances_as_often_as_they_are_drawn(make_dump, tmp_path):
    first, second = make_dump("a", utts_per_emotion=1), make_dump("b", utts_per_emotion=3)
    emotions = read_table(first.parent / "utt2emo")
    write_table(first.parent / "utt2emo", dict.fromkeys(emotions, "ang"))
    training = TrainingConfig(2, 5, class_weight="balanced", balance="corpus")
    weights = run_data(joined(first, second), tmp_path, training).class_weights()
    # Of 64 draws 32 are of corpus a, all ang, and 8 of each emotion of corpus b.
    torch.testing.assert_close(weights, 16 / torch.tensor([40.0, 8.0, 8.0, 8.0]))


def test_leave_one_corpus_out_from_training_to_the_report(two, run, tmp_path):
    small, large = two.split(",")
    exp = tmp_path / "exp"
    options = ["--objective", "ec,menan", "--epochs", 2, "--hold-out", "corpus"]
    assert run("train", "--feats", two, "--exp", exp, *options)[0] == 0
    model = exp / "menan_seed0/small/small.best-ua.safetensors"
    _, card = load_model(model)
    assert (card.group, card.test, card.valid) == ("small", "small", "large:g01")
    assert card.speakers == tuple(f"large:spk0{n}" for n in range(2, 8))
    assert card.corpora == {"large": 48, "small": 0}
    held = HeldOut.load(model.with_name("heldout.npz"))
    assert set(held.speakers) == {"large:g01", *(f"small:spk0{n}" for n in range(4))}

    # The report: every speaker of both corpora tests, and each corpus has its figures.
    written = exp / "RESULTS.md"
    files = ["--out", written, "--json", exp / "r.json", "--html", exp / "r.html"]
    assert run("results", "--exp", exp, *files)[0] == 0
    system = json.loads((exp / "r.json").read_text())["table2"]["systems"]["menan"]
    assert {fold["test"]: fold["valid"] for fold in system["folds"]} == {
        **{f"small:spk0{n}": "large:g01" for n in range(4)},
        **{f"large:spk0{n}": "small:g01" for n in range(8)},
    }
    sizes = {name: (own["speakers"], own["utterances"]) for name, own in system["corpora"].items()}
    assert sizes == {"small": (4, 32), "large": (8, 64)}
    assert set(system["genders"]) == {"f", "m"}
    text = written.read_text()
    assert "Leave one corpus out" in text
    assert "Leave one speaker out" not in text
    assert "Each speaker validates once" not in text
    assert "small and large" in text or "large and small" in text
    guesses = held.of_speaker("small:spk00").log_posteriors  # (epochs, utterances, emotions)
    assert guesses.shape == (2, 8, 4)

    # Both dumps as in training: each model on the corpus that it held out.
    status, printed = run(
        *("infer", "--model", exp / "menan_seed0", "--feats", two, "--out", tmp_path / "both"),
        *("--test-speakers-only", "true"),
    )
    assert (status, "not unseen speakers" in printed) == (0, False)
    predicted = read_table(tmp_path / "both/utt2emo")
    assert len(predicted) == 32 + 64
    originals = read_originals(Path(two))
    assert set(originals.utts) == predicted.keys()
    assert read_embeddings(tmp_path / "both", originals).shape == (96, 96)

    # One dump alone: ids without prefix, the same predictions, and its speakers are known.
    alone = tmp_path / "alone"
    status, printed = run("infer", "--model", model, "--feats", small, "--out", alone)
    assert (status, "not unseen speakers" in printed) == (0, False)
    assert {f"small:{u}": e for u, e in read_table(alone / "utt2emo").items()}.items() <= (
        predicted.items()
    )
    reference = ["--ref", small.replace("feats.scp", "utt2emo"), "--hyp", alone]
    status, printed = run("score", *reference)
    assert (status, "not unseen speakers" in printed) == (0, False)
    trained = "6 of 8 speakers are ones it was trained on (spk02,"
    status, printed = run("infer", "--model", model, "--feats", large, "--out", alone)
    assert status == 0
    assert trained in printed
    reference = ["--ref", large.replace("feats.scp", "utt2emo"), "--hyp", alone]
    assert trained in run("score", *reference)[1]


def test_each_group_of_each_corpus_is_held_out(two, run, tmp_path):
    runs = RunsConfig(objective=objectives("menan"), hold_out=("each",))
    planned = train_runs(two, tmp_path / "exp", TrainingConfig(1, 16), runs)
    assert [one.group for one in planned] == [
        *(f"large:g0{n}" for n in range(1, 5)),
        *("small:g01", "small:g02"),
    ]
    assert run("results", "--exp", tmp_path / "exp", "--out", tmp_path / "R.md")[0] == 0
    assert "Corpora, %" in (tmp_path / "R.md").read_text()


def test_a_model_of_one_corpus_takes_one_dump(two, run, tmp_path):
    small, _ = two.split(",")
    train_runs(small, tmp_path / "exp", QUICK, RunsConfig(hold_out=("g01",)))
    model = tmp_path / "exp/menan_seed0/g01/spk00.last.safetensors"
    assert load_model(model)[1].corpora == {}
    status, printed = run("infer", "--model", model, "--feats", two, "--out", tmp_path / "out")
    assert status == 1
    assert "was trained on one corpus; infer on one dump at a time" in printed
