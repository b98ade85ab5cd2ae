import numpy as np
import pytest
import torch

from menan.config import FeatureConfig, RunsConfig, TrainingConfig
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.tables import read_table
from menan.emotions import EMOTIONS
from menan.errors import InputError
from menan.network.inference import infer, log_posteriors_and_embeddings, read_model_cards
from menan.network.model import build_network
from menan.network.modelfile import load_model
from menan.training.experiment import train_runs
from menan.training.selection import HeldOut

CPU = torch.device("cpu")


@pytest.fixture
def trained(make_dump, tmp_path):
    """A dump with speed copies, and a system of two groups trained on it."""
    feats = make_dump(speeds=(0.9, 1.0))
    runs = RunsConfig(hold_out=("each",))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=2), runs, CPU)
    return feats, tmp_path / "exp/menan_seed0"


def posteriors_of(directory):
    scp = read_scp(directory / "posteriors.scp")
    return {utt: read_vector(place, utt) for utt, place in scp.items()}


def test_one_model_answers_for_all_originals(trained, tmp_path):
    feats, system = trained
    model = system / "g01/spk00.best-ua.safetensors"
    assert infer(model, feats, tmp_path / "out", CPU) == [tmp_path / "out"]
    posteriors = posteriors_of(tmp_path / "out")
    hypotheses = read_table(tmp_path / "out/utt2emo")
    assert len(posteriors) == 4 * 4 * 2
    assert not any("-sp" in utt for utt in posteriors)
    for utt, p in posteriors.items():
        assert p.sum() == pytest.approx(1, abs=1e-5)
        assert hypotheses[utt] == EMOTIONS[p.argmax()]
    embedding = read_vector(next(iter(read_scp(tmp_path / "out/embeddings.scp").values())), "")
    assert embedding.shape == (96,)
    assert read_model_cards(tmp_path / "out")[0].test == "spk00"


def test_inference_repeats_what_training_said_of_held_out_speakers(trained, tmp_path):
    feats, system = trained
    infer(system / "g01/spk00.last.safetensors", feats, tmp_path / "out", CPU)
    posteriors = posteriors_of(tmp_path / "out")
    heldout = HeldOut.load(system / "g01/heldout.npz")
    for utt, log_p in zip(heldout.utts, heldout.log_posteriors[-1], strict=True):
        np.testing.assert_allclose(posteriors[utt], np.exp(log_p), rtol=1e-4, atol=1e-6)


def test_a_systems_folds_answer_for_their_own_test_speakers_together(trained, tmp_path):
    feats, system = trained
    infer(system, feats, tmp_path / "test", CPU, test_speakers_only=True)
    infer(system, feats, tmp_path / "all", CPU)
    together = posteriors_of(tmp_path / "test")
    assert len(together) == 4 * 4 * 2
    for speaker in ("spk00", "spk01", "spk02", "spk03"):
        own = posteriors_of(tmp_path / "all" / speaker)
        for utt in own:
            if utt.startswith(speaker):
                np.testing.assert_allclose(together[utt], own[utt], rtol=1e-4, atol=1e-6)


def test_features_that_the_model_was_not_made_for_are_refused(trained, tmp_path, make_dump):
    _, system = trained
    other = make_dump("other", features=FeatureConfig(seconds=0.6))
    with pytest.raises(InputError, match=r"with seconds 0\.5, but .* has 0\.6"):
        infer(system / "g01/spk00.last.safetensors", other, tmp_path / "out", CPU)


def test_an_absent_test_speaker_is_named(trained, tmp_path, make_dump):
    _, system = trained
    other = make_dump("other", prefix="x")
    with pytest.raises(InputError, match="no utterance of the test speaker 'spk00'"):
        infer(system, other, tmp_path / "out", CPU, test_speakers_only=True)


def test_a_system_without_models_is_refused(tmp_path, make_dump):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \*/\*\.best-ua\.safetensors"):
        infer(tmp_path / "empty", make_dump(), tmp_path / "out", CPU)


def test_batches_do_not_change_what_is_said_of_an_utterance(make_dump):
    from menan.features.store import load_frames, open_dump

    dump = open_dump(make_dump(utts_per_emotion=6))  # 96 utterances: two batches
    store = load_frames(dump, list(dump.scp), CPU)
    network = build_network(43, 4, 0)
    log_p, v = log_posteriors_and_embeddings(network, store, torch.arange(96), 47)
    assert v.shape == (96, 96)
    one, _ = log_posteriors_and_embeddings(network, store, torch.tensor([70]), 47)
    torch.testing.assert_close(log_p[70:71], one)


def test_a_loaded_model_takes_no_gradient(trained):
    _, system = trained
    network, _ = load_model(system / "g01/spk00.last.safetensors", CPU)
    assert not any(p.requires_grad for p in network.parameters())
