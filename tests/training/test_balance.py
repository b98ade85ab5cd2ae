"""Balanced corpora: equal draws in each batch, the same in all engines."""

from collections import Counter
from pathlib import Path

import pytest
import torch

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.division import divided
from menan.datadir.joint_dump import open_dumps
from menan.datadir.tables import read_table, write_table
from menan.encoder_settings import AttentiveSettings
from menan.features.store import load_frames
from menan.model.model_file import load_model
from menan.training.batches import EpochBatches
from menan.training.plain_loop import train_plainly
from menan.training.plan import Run, RunData, utterance_set
from menan.training.run_state import initial_network
from tests.training.test_unknown_speakers import forget_speakers
from tests.training.training_example import CPU, objectives, train_runs

QUICK = TrainingConfig(epochs=2, batch_size=5)
BALANCED = TrainingConfig(epochs=2, batch_size=5, balance="corpus")


def run_data(feats, tmp_path, training, group=None, seed=0):
    dump = open_dumps(feats)
    train, _ = divided(dump.metadata, group)
    return RunData(
        Run(objectives("menan")[0], seed, group, (), dump.metadata.corpora),
        *(dump.metadata.emotions, ModelConfig(), training, dump.features),
        *(utterance_set(load_frames(dump, train, CPU), dump, train), None, tmp_path / "run"),
    )


def test_every_batch_draws_the_corpora_equally_often(two_corpora, tmp_path):
    data = run_data(two_corpora, tmp_path, BALANCED, "large:g01")
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


def test_known_speakers_are_counted_as_often_as_they_are_drawn(two_corpora, tmp_path):
    small, _ = two_corpora.split(",")
    forget_speakers(Path(small), lambda utt: utt.startswith("spk00"))
    data = run_data(two_corpora, tmp_path, BALANCED, "large:g01")
    batches = EpochBatches([data], 1)
    weights = [batches.batch(step)[0].speaker_weight for step in range(len(batches))]
    assert batches.known == [sum(int((weight > 0).sum()) for weight in weights)]
    assert batches.known != [int((data.train.speakers >= 0).sum())]


def test_balance_follows_seed_and_epoch_and_changes_the_draws(two_corpora, tmp_path):
    def order(epoch, training=BALANCED, seed=0):
        data = run_data(two_corpora, tmp_path, training, seed=seed)
        return EpochBatches([data], epoch).whole.index[0].tolist()

    assert order(1) == order(1)
    assert len({tuple(o) for o in (order(1), order(2), order(1, seed=1), order(1, QUICK))}) == 4


@pytest.mark.parametrize("encoder", [None, AttentiveSettings(size=8, channels=4)])
def test_both_engines_draw_as_the_plain_loop(two_corpora, tmp_path, encoder):
    """The stacked engine trains Table 1, the vmapped engine everything else."""
    model = ModelConfig(encoder, hidden=(6,)) if encoder else ModelConfig()
    training = TrainingConfig(1, 5, balance="corpus")
    runs = RunsConfig(objective=objectives("ec", "menan"), hold_out=("large:g01",))
    train_runs(two_corpora, tmp_path / "exp", training, runs, model=model)
    data = run_data(two_corpora, tmp_path, training, "large:g01")
    data = RunData(**vars(data) | {"model": model})
    plain = train_plainly(data, initial_network(data), training.epochs)
    path = tmp_path / "exp/menan_seed0/large:g01/large:spk00.last.safetensors"
    trained, card = load_model(path)
    assert card.corpora == {"large": 48, "small": 64}
    # The classifiers move with all that the encoder gives; its own bias before a softmax is noise.
    for key, wanted in plain.named_parameters():
        if key.startswith(("emotion.", "speaker.")):
            torch.testing.assert_close(trained.get_parameter(key), wanted, rtol=1e-3, atol=5e-4)


def test_a_balanced_run_repeats_to_the_bit_alone_or_beside_others(two_corpora, tmp_path):
    many = RunsConfig(objective=objectives("ec", "menan"), seed=(0, 1))
    one = RunsConfig(objective=objectives("menan"), seed=(1,))
    train_runs(two_corpora, tmp_path / "many", BALANCED, many)
    train_runs(two_corpora, tmp_path / "one", BALANCED, one)
    name = "menan_seed1/all/all.last.safetensors"
    assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_balanced_classes_count_utterances_as_often_as_they_are_drawn(make_dump, tmp_path):
    first, second = make_dump("a", utts_per_emotion=1), make_dump("b", utts_per_emotion=3)
    emotions = read_table(first.parent / "utt2emo")
    write_table(first.parent / "utt2emo", dict.fromkeys(emotions, "ang"))
    training = TrainingConfig(2, 5, class_weight="balanced", balance="corpus")
    weights = run_data(f"{first},{second}", tmp_path, training).class_weights()
    # Of 64 draws 32 are of corpus a, all ang, and 8 of each emotion of corpus b.
    torch.testing.assert_close(weights, 16 / torch.tensor([40.0, 8.0, 8.0, 8.0]))
