"""Dropout, class weights, weight decay and label smoothing, from the configuration to the model."""

import numpy as np
import pytest
import torch
import yaml

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.archive import read_matrix, read_scp
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.tables import read_table, write_table
from menan.encoder_settings import AttentiveSettings, PooledSettings
from menan.errors import InputError
from menan.inference.infer import infer
from menan.model.model_file import load_model
from menan.settings import MaxEntropySettings
from menan.training.batches import EpochBatches
from tests.conftest import SHORT
from tests.training.training_example import objectives, train_runs

POOLED = ModelConfig(PooledSettings(size=8), hidden=())
QUICK = TrainingConfig(epochs=3, batch_size=6)
ONE = RunsConfig(objective=(MaxEntropySettings(),), hold_out=("g01",))


@pytest.fixture
def make_layers(make_dump):
    """A dump in which every matrix has as many rows as the input: layers, say."""

    def make(name="dump", **options):
        feats = make_dump(name, **options)
        whole = {
            utt: np.resize(read_matrix(place, utt), (SHORT.rows, SHORT.dims))
            for utt, place in read_scp(feats).items()
        }
        with ArchiveWriter(feats.parent, "feats") as archive:
            for utt, matrix in whole.items():
                archive.write(utt, matrix)
        counts = dict.fromkeys(whole, str(SHORT.rows))
        write_table(feats.parent / "utt2num_frames", counts)
        return feats

    return make


def weights(path):
    return load_model(path)[0].state_dict()


def trained(feats, exp, training=QUICK, model=POOLED, runs=ONE, **options):
    (run, *_) = train_runs(feats, exp, training, runs, model=model, **options)
    return exp / run.name


@pytest.mark.parametrize(
    "option", [{"weight_decay": 0.5}, {"label_smoothing": 0.5}, {"class_weight": "balanced"}]
)
def test_each_option_changes_the_model(make_dump, make_layers, tmp_path, option):
    feats = make_layers()
    if "class_weight" in option:  # with equal counts the weights are 1
        table = read_table(feats.parent / "utt2emo")
        *_, last = table
        write_table(feats.parent / "utt2emo", {**table, last: "ang"})
    plain = weights(trained(feats, tmp_path / "plain") / "spk00.last.safetensors")
    changed = trained(feats, tmp_path / "changed", TrainingConfig(3, 6, **option))
    other = weights(changed / "spk00.last.safetensors")
    assert not torch.equal(plain["encoder.projection.weight"], other["encoder.projection.weight"])
    recorded = yaml.safe_load((changed / "config.yaml").read_text())["training"]
    assert recorded.items() >= option.items()


def test_dropout_repeats_to_the_bit_and_its_masks_follow_seed_epoch_and_step(make_layers, tmp_path):
    feats = make_layers()
    one, again = (trained(feats, tmp_path / name) for name in ("one", "again"))
    name = "spk00.last.safetensors"
    assert (one / name).read_bytes() == (again / name).read_bytes()


def test_masks_are_each_models_own(make_layers, tmp_path, monkeypatch):
    masks = {}
    kept = EpochBatches.kept

    def noted(self, step):
        mask = kept(self, step)
        for model, seed in enumerate(self.seeds[: len(mask)]):
            masks[seed, self.epoch, step, len(self.seeds)] = mask[model]
        return mask

    monkeypatch.setattr(EpochBatches, "kept", noted)
    both = RunsConfig(objective=objectives("ec"), seed=(0, 1), hold_out=("g01",))
    alone = RunsConfig(objective=objectives("ec"), seed=(1,), hold_out=("g01",))
    trained(make_layers(), tmp_path / "both", runs=both)
    trained(tmp_path / "dump/feats.scp", tmp_path / "alone", runs=alone)
    assert set(masks[0, 1, 0, 2].unique().tolist()) == {0.0, 2.0}
    assert torch.equal(masks[1, 2, 1, 2], masks[1, 2, 1, 1]), "alone or beside another"
    others = [(0, 1, 0, 2), (1, 2, 0, 2), (1, 1, 1, 2)]
    assert all(not torch.equal(masks[1, 1, 0, 2][:2], masks[key][:2]) for key in others)


def test_balanced_weights_are_utterances_over_classes_times_count(make_dump, tmp_path, monkeypatch):
    from menan.training import trainer

    feats = make_dump(speakers=4, utts_per_emotion=2)
    table = read_table(feats.parent / "utt2emo")
    table = {utt: "ang" if emotion == "hap" else emotion for utt, emotion in table.items()}
    write_table(feats.parent / "utt2emo", table)
    seen = []
    monkeypatch.setattr(
        trainer.Trainer, "fit", lambda self, until: seen.append(self.lockstep.class_weights)
    )
    monkeypatch.setattr(trainer.RunState, "finished", property(lambda self: bool(seen)))
    balanced = TrainingConfig(3, 6, class_weight="balanced")
    train_runs(feats, tmp_path / "exp", balanced, ONE)
    # 16 training utterances: 8 ang, 0 hap, 4 neu, 4 sad.
    assert seen[0].tolist() == [[0.5, 0.0, 1.0, 1.0]]


def test_matrices_of_other_rows_are_refused_in_training_and_inference(
    make_dump, make_layers, tmp_path
):
    mixed = make_dump("mixed")
    with pytest.raises(InputError, match=r"mixed/feats.scp: spk00-ang0 has \d+ rows, but the enco"):
        trained(mixed, tmp_path / "exp")
    directory = trained(make_layers("layers"), tmp_path / "exp")
    with pytest.raises(InputError, match="needs 47 in every matrix, one per layer"):
        infer(directory / "spk00.last.safetensors", mixed, tmp_path / "out")


def test_the_attentive_encoder_trains_on_matrices_of_any_length(make_dump, tmp_path):
    feats = make_dump()
    model = ModelConfig(AttentiveSettings(size=8, channels=4), hidden=(6,))
    directory = trained(feats, tmp_path / "exp", model=model)
    network, card = load_model(directory / "spk00.last.safetensors")
    assert card.model == model
    assert [layer.out_features for layer in network.emotion if hasattr(layer, "in_features")] == [
        *(6, 4),
    ]
    assert infer(directory / "spk00.last.safetensors", feats, tmp_path / "out")
