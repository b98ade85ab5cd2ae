"""Training on several corpora: hold-outs, inference and the results by corpus."""

import json
import sys
from pathlib import Path

import pytest

from menan.analysis.leakage.embeddings import read_embeddings, read_originals
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.model.model_file import load_model
from menan.training.selection import HeldOut
from menan_bin import menan_infer, menan_results, menan_score, menan_train
from tests.training.training_example import objectives, train_runs

COMMANDS = {
    "train": menan_train,
    "infer": menan_infer,
    "score": menan_score,
    "results": menan_results,
}
QUICK = TrainingConfig(epochs=2, batch_size=5)
BALANCED = TrainingConfig(epochs=2, batch_size=5, balance="corpus")


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


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ("split", "official splits and folds of several corpora are not joined; hold out each,"),
        ("folds", "official splits and folds of several corpora are not joined; hold out each,"),
        ("g01", "unknown held-out group 'g01'; choose from large:g01 .* large small"),
    ],
)
def test_what_cannot_be_held_out_is_refused(two_corpora, tmp_path, runs, message):
    with pytest.raises(InputError, match=message):
        train_runs(two_corpora, tmp_path / "exp", QUICK, RunsConfig(hold_out=(runs,)))


def test_one_corpus_has_no_other_to_hold_out_or_to_balance(make_dump, tmp_path):
    feats = make_dump()
    with pytest.raises(InputError, match="holding out each corpus needs several; name their dumps"):
        train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(hold_out=("corpus",)))
    with pytest.raises(InputError, match=r"training\.balance is corpus, but this is one corpus"):
        train_runs(feats, tmp_path / "exp", BALANCED, RunsConfig())


def test_validation_on_a_training_speaker_is_found_under_either_name(two_corpora, tmp_path):
    small, _ = two_corpora.split(",")
    with pytest.raises(InputError, match=r"speaker 'spk00' is also trained on"):
        train_runs(two_corpora, tmp_path / "exp", QUICK, RunsConfig(), valid_feats=small)


def test_leave_one_corpus_out_from_training_to_the_report(two_corpora, run, tmp_path):
    small, large = two_corpora.split(",")
    exp = tmp_path / "exp"
    options = ["--objective", "ec,menan", "--epochs", 2, "--hold-out", "corpus"]
    assert run("train", "--feats", two_corpora, "--exp", exp, *options)[0] == 0
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
    assert "Table 2: accuracy on speakers of unseen corpora" in text
    assert "Leave one speaker out" not in text
    assert "Each speaker validates once" not in text
    assert "small and large" in text or "large and small" in text
    guesses = held.of_speaker("small:spk00").log_posteriors  # (epochs, utterances, emotions)
    assert guesses.shape == (2, 8, 4)

    # Both dumps as in training: each model on the corpus that it held out.
    status, printed = run(
        *(
            "infer",
            "--model",
            exp / "menan_seed0",
            "--feats",
            two_corpora,
            "--out",
            tmp_path / "both",
        ),
        *("--test-speakers-only", "true"),
    )
    assert (status, "not unseen speakers" in printed) == (0, False)
    predicted = read_table(tmp_path / "both/utt2emo")
    assert len(predicted) == 32 + 64
    originals = read_originals(Path(two_corpora))
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


def test_each_group_of_each_corpus_is_held_out(two_corpora, run, tmp_path):
    runs = RunsConfig(objective=objectives("menan"), hold_out=("each",))
    planned = train_runs(two_corpora, tmp_path / "exp", TrainingConfig(1, 16), runs)
    assert [one.group for one in planned] == [
        *(f"large:g0{n}" for n in range(1, 5)),
        *("small:g01", "small:g02"),
    ]
    assert run("results", "--exp", tmp_path / "exp", "--out", tmp_path / "R.md")[0] == 0
    assert "Corpora, %" in (tmp_path / "R.md").read_text()


def test_a_model_of_one_corpus_takes_one_dump(two_corpora, run, tmp_path):
    small, _ = two_corpora.split(",")
    train_runs(small, tmp_path / "exp", QUICK, RunsConfig(hold_out=("g01",)))
    model = tmp_path / "exp/menan_seed0/g01/spk00.last.safetensors"
    assert load_model(model)[1].corpora == {}
    status, printed = run(
        "infer", "--model", model, "--feats", two_corpora, "--out", tmp_path / "out"
    )
    assert status == 1
    assert "was trained on one corpus; infer on one dump at a time" in printed
