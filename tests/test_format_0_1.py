"""What menan 0.1.0 wrote is still read: made by its code at b8dba4d, on made-up features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from menan.analysis.runs import read_runs
from menan.config import ModelConfig
from menan.features.store import FrameStore
from menan.format_0_1 import upgraded
from menan.inference.infer import log_posteriors_and_embeddings
from menan.inference.noise_key import NoiseSeed
from menan.labels import IEMOCAP_EMOTIONS
from menan.model.model_file import load_model
from menan.settings import MaxEntropySettings, NoiseSettings
from menan.training.run_config import read_run_config
from menan.training.selection import HeldOut

RECORDS = Path(__file__).parent / "records_0_1"
RUN = RECORDS / "menan_seed0/g01"


def test_the_configuration_of_a_run_is_read():
    config = read_run_config(RUN / "config.yaml")
    assert config.objective == MaxEntropySettings(lambda_=0.3)
    assert config.model == ModelConfig(bottleneck=NoiseSettings(sigma=0.5, draws=2))
    assert config.training.epochs == 3
    assert config.features.name == "kaldi"
    assert config.emotions == IEMOCAP_EMOTIONS
    assert config.version.startswith("0.1.0")


def test_an_experiment_is_read():
    (run,) = read_runs(RECORDS)
    assert len(run.log) == 3
    heldout = HeldOut.load(RUN / "heldout.npz")
    assert heldout.log_posteriors.shape == (3, 16, 4)


def test_a_model_gives_the_posteriors_that_it_gave():
    network, card = load_model(RUN / "spk00.last.safetensors", "cpu")
    assert card.objective == MaxEntropySettings(lambda_=0.3)
    assert card.emotions == IEMOCAP_EMOTIONS
    then = np.load(RECORDS / "inference.npz")
    features = [torch.from_numpy(then[f"features_{n}"]) for n in range(len(then["utts"]))]
    length = torch.tensor([len(one) for one in features])
    store = FrameStore(
        tuple(then["utts"]), torch.cat(features), torch.cumsum(length, 0) - length, length
    )
    index = torch.arange(len(features))
    noise = NoiseSeed(0).draw(network, store, index)
    log_posteriors, embeddings = log_posteriors_and_embeddings(
        network, store, index, card.features.rows, noise
    )
    np.testing.assert_allclose(log_posteriors.exp(), then["posteriors"], atol=1e-5)
    np.testing.assert_allclose(embeddings, then["embeddings"], atol=1e-4)


def test_a_record_of_today_comes_back_as_it_is():
    record = {"model": {}, "training": {"lambda": 0.5}}
    assert upgraded(record) is record


@pytest.mark.parametrize("record", [None, [], {"training": 3}, {"training": {"bottleneck": []}}])
def test_a_damaged_record_raises_nothing_here(record):
    upgraded(record)
