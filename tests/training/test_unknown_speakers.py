"""Utterances without a known speaker or without an emotion, and doubtful evaluations."""

from dataclasses import replace

import pytest
import torch

from menan.config import RunsConfig, TrainingConfig
from menan.datadir.division import divided
from menan.datadir.dump_directory import open_dump
from menan.datadir.metadata import spk2utt
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features.store import load_frames
from menan.model.model_file import load_model
from menan.settings import ObjectiveSettings
from menan.training.batches import EpochBatches
from menan.training.experiment import RunData
from menan.training.plain_loop import train_plainly
from menan.training.plan import Run, utterance_set
from menan.training.run_findings import read_findings
from menan.training.run_state import initial_network
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")
QUICK = TrainingConfig(epochs=2, batch_size=5)


def forget_speakers(feats, some):
    """Make the speakers of some originals, and of their copies, unknown."""
    folder = feats.parent
    uniq, utt2spk = read_table(folder / "utt2uniq"), read_table(folder / "utt2spk")
    forgotten = {utt for utt in set(uniq.values()) if some(utt)}
    utt2spk |= {utt: uniq[utt] for utt in utt2spk if uniq[utt] in forgotten}
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", spk2utt(utt2spk))
    (folder / "unknown_speakers").write_text("".join(f"{u}\n" for u in sorted(forgotten)))
    return forgotten


def first_of(train, count):
    """The first utterances of a set."""
    columns = ("index", "emotions", "speakers", "voices")
    return replace(train, **{name: getattr(train, name)[:count] for name in columns})


def run_data(feats, tmp_path, objective, training=QUICK):
    dump = open_dump(feats)
    utts, _ = divided(dump.metadata, None)
    train = utterance_set(load_frames(dump, utts, CPU), dump, utts)
    return RunData(
        *(Run(objective, 0, None, ()), dump.metadata.emotions, model_with("none"), training),
        *(dump.features, train, None, tmp_path / "run"),
    )


@pytest.mark.parametrize("name", ObjectiveSettings.table)
def test_engine_and_plain_loop_agree_on_unknown_speakers(make_dump, tmp_path, name):
    feats = make_dump(speeds=(0.9, 1.0))
    forgotten = forget_speakers(feats, lambda utt: utt.endswith("1") or "ang" in utt)
    assert forgotten
    (objective,) = objectives(name)
    train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(objective=(objective,)))
    trained, card = load_model(tmp_path / f"exp/{name}_seed0/all/all.last.safetensors")
    assert card.speakers == ("spk00", "spk01", "spk02", "spk03")
    data = run_data(feats, tmp_path, objective)
    plain = train_plainly(data, initial_network(data), QUICK.epochs)
    for key, wanted in plain.named_parameters():
        torch.testing.assert_close(trained.get_parameter(key), wanted, rtol=1e-3, atol=5e-4)


def test_weights_of_a_batch_are_means_over_its_utterances_and_its_known_speakers(
    make_dump, tmp_path
):
    feats = make_dump()
    forget_speakers(feats, lambda utt: utt[:5] in ("spk02", "spk03"))
    (objective,) = objectives("mtl")
    long = run_data(feats, tmp_path, objective, TrainingConfig(epochs=1, batch_size=6))
    short = replace(long, train=first_of(long.train, 22))
    batches = EpochBatches([long, short], 1)
    seen = set()
    for step in range(len(batches)):
        batch, sizes = batches.batch(step)
        for run, size in enumerate(sizes.tolist()):
            train = (long, short)[run].train
            rows = [train.index.tolist().index(place) for place in batch.index[run, :size].tolist()]
            true = train.speakers[rows]
            weight, speaker_weight = torch.zeros(2, batch.weight.shape[1])
            weight[:size] = 1 / size
            if known := int((true >= 0).sum()):
                speaker_weight[:size][true >= 0] = 1 / known
            torch.testing.assert_close(batch.weight[run], weight)
            torch.testing.assert_close(batch.speaker_weight[run], speaker_weight)
            assert batch.speakers[run, :size][true >= 0].tolist() == true[true >= 0].tolist()
            seen.add((size, known))
    # Batches with more and with fewer known speakers, and those that are shorter than their row.
    assert len({known for _, known in seen}) > 2
    assert {2, 4, 6} <= {size for size, _ in seen}


def test_unknown_speakers_are_in_no_group_and_train_always(make_dump):
    feats = make_dump()
    forgotten = forget_speakers(feats, lambda utt: utt == "spk00-ang0")
    labels = open_dump(feats).metadata
    assert labels.speakers == ["spk00", "spk01", "spk02", "spk03"]
    train, heldout = divided(labels, "g01")
    assert forgotten <= set(train)
    assert not forgotten & set(heldout)


def test_utterances_without_emotion_are_left_out_and_counted(make_dump, tmp_path, capsys):
    feats = make_dump()
    emotions = read_table(feats.parent / "utt2emo")
    write_table(feats.parent / "utt2emo", emotions | {"spk00-ang0": "-", "spk02-sad1": "-"})
    train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(hold_out=("g01",)))
    err = capsys.readouterr().err
    assert "2 of 32 utterances have no emotion, which trains and tests nothing" in err
    assert "the first: spk00-ang0" in err
    (feats.parent / "utt2emo").unlink()
    with pytest.raises(InputError, match=r"utt2emo: no utterance to train on has an emotion"):
        train_runs(feats, tmp_path / "two", QUICK, RunsConfig())


def test_speakers_of_whom_nobody_is_known_cannot_be_trained_on(make_dump, tmp_path):
    feats = make_dump()
    forget_speakers(feats, lambda utt: True)
    with pytest.raises(InputError, match=r"utt2spk: no known speaker to train on"):
        train_runs(feats, tmp_path / "exp", QUICK, RunsConfig())


def test_a_run_tells_what_makes_its_evaluation_doubtful(make_dump, tmp_path, capsys):
    feats = make_dump()
    folder = feats.parent
    emotions = read_table(folder / "utt2emo")
    changed = {u: "hap" for u, e in emotions.items() if e == "sad" and u[:5] in ("spk02", "spk03")}
    write_table(folder / "utt2emo", emotions | changed)
    scp = read_table(feats)
    write_table(feats, scp | {"spk00-ang0": scp["spk02-ang0"]})
    counts = read_table(folder / "utt2num_frames")
    write_table(folder / "utt2num_frames", counts | {"spk00-ang0": counts["spk02-ang0"]})
    train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(hold_out=("g01",)))
    found = read_findings(tmp_path / "exp/menan_seed0/g01")
    assert found == [
        "g01: nothing of sad to train on, so that their recall is 0",
        "identical audio under two speakers, so that a fold trains on what it tests: 1 group: "
        "spk02-ang0 = spk00-ang0; leave one of each out",
    ]
    err = capsys.readouterr().err
    assert all(f"warning: menan_seed0/g01: {line}\n" in err for line in found)
