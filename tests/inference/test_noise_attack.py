"""Attacks on a release: what was released, and all that is public, against the noise on z."""

import json
from hashlib import sha256
from itertools import combinations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from menan.datadir.archive import read_scp, read_vector
from menan.datadir.dump_directory import open_dump
from menan.errors import InputError
from menan.features.store import load_frames
from menan.inference.infer import infer
from menan.inference.noise_key import NoiseKey, NoiseSeed, embedding_digest
from menan.model.bottlenecks import utterance_noise
from menan.model.model_file import load_model, save_model
from tests.training.training_example import build_network, model_card, model_with

SIGMA, DIMS = 2.0, 96
OLD_SEEDS = range(50)


@pytest.fixture
def model(tmp_path):
    return model_file(tmp_path)


def model_file(folder, seed=0, sigma=SIGMA, **facts):
    path = folder / f"{seed}_{sigma}_{len(facts)}.safetensors"
    model = model_with("noise", sigma=sigma)
    save_model(path, build_network(43, 2, seed, model), model_card(model=model, **facts))
    return path


def released(directory):
    """Ids and z (utterances, dims)."""
    scp = read_scp(directory / "embeddings.scp")
    return list(scp), np.stack([read_vector(place, utt) for utt, place in scp.items()])


def frames_of(model, feats):
    """The network and the features, which no attacker has."""
    dump = open_dump(feats)
    return load_model(model)[0], load_frames(dump, list(dump.scp), "cpu")


def true_u(model, feats):
    network, store = frames_of(model, feats)
    with torch.inference_mode():
        v = network.encoder(*network.encoder.read(store, torch.arange(len(store.utts)), 47))
    return F.layer_norm(v, v.shape[-1:]).numpy()


def noise_of(z, model, feats):
    sigma = load_model(model)[1].model.bottleneck.sigma
    return (z - true_u(model, feats)) / sigma


def error(guess, u):
    """Root mean square; u has 1 and the noise SIGMA."""
    return np.sqrt(np.mean((guess - u) ** 2))


def guesses_at_old_seeds(z, utts):
    for seed in OLD_SEEDS:
        for numbers in (utts, sorted(utts, reverse=True)):
            yield z - SIGMA * utterance_noise(numbers, DIMS, seed).numpy()


def guesses_at_keys(z, directory, model, feats):
    """Keys from everything in the release. The features are known as well, to be sure."""
    network, store = frames_of(model, feats)
    index = torch.arange(len(store.utts))
    record = (directory / "models.json").read_bytes()
    public = [b"", record, model.read_bytes(), embedding_digest(network), b"0", bytes(8)]
    public += [path.read_bytes() for path in directory.iterdir()]
    public += [str(value).encode() for value in json.loads(record).values()]
    keys = [bytes(32), b"\xff" * 32, *(sha256(one).digest() for one in public)]
    for key in keys:
        yield z - SIGMA * NoiseKey(key).draw(network, store, index).numpy()


def test_the_noise_of_a_seed_is_subtracted_by_everybody(make_dump, tmp_path, model):
    """The fault of version 0.1.0, and a check that the attack below can succeed."""
    feats = make_dump()
    infer(model, feats, tmp_path / "out", noise=NoiseSeed(0))
    utts, z = released(tmp_path / "out")
    u = true_u(model, feats)
    assert min(error(guess, u) for guess in guesses_at_old_seeds(z, utts)) < 1e-6
    record = json.loads((tmp_path / "out/models.json").read_text())["noise"]
    use = "evaluation only, not for release"
    assert record == {"source": "seed", "seed": 0, "use": use, "draws": 1}


@pytest.mark.parametrize("kept", [True, False])
def test_the_noise_of_a_key_is_subtracted_with_the_key_only(make_dump, tmp_path, model, kept):
    feats = make_dump()
    key = NoiseKey.from_file(tmp_path / "key") if kept else None
    infer(model, feats, tmp_path / "out", noise=key)
    utts, z = released(tmp_path / "out")
    u = true_u(model, feats)
    assert error(z, u) == pytest.approx(SIGMA, rel=0.05)
    for guess in guesses_at_old_seeds(z, utts):
        assert error(guess, u) > 1.3 * SIGMA  # another noise on top
    for guess in guesses_at_keys(z, tmp_path / "out", model, feats):
        assert error(guess, u) > 1.3 * SIGMA
    if key is not None:
        network, store = frames_of(model, feats)
        noise = key.draw(network, store, torch.arange(len(utts))).numpy()
        assert error(z - SIGMA * noise, u) < 1e-6


def test_nothing_released_depends_on_the_key_but_z_and_posteriors(make_dump, tmp_path, model):
    feats, found = make_dump(), []
    for name in "ab":
        key = NoiseKey.from_file(tmp_path / f"{name}.key")
        infer(model, feats, tmp_path / "out", noise=key)
        files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        for content in files.values():
            assert not any(one in content for one in (key.key, key.key.hex().encode()))
        found.append(files)
    different = {name for name in found[0] if found[0][name] != found[1][name]}
    assert different <= {"embeddings.ark", "posteriors.ark", "utt2emo"}
    assert "embeddings.ark" in different
    assert json.loads(found[0]["models.json"])["noise"] == {"source": "key file", "draws": 1}


def test_releases_with_one_key_share_no_noise(make_dump, tmp_path):
    """Another model, sigma, features or utterance: no difference of two z is free of noise."""
    key = NoiseKey.from_file(tmp_path / "key")
    feats, other = make_dump(), make_dump("other", seed=1)
    releases = [
        (model_file(tmp_path), feats),
        (model_file(tmp_path, seed=1), feats),
        (model_file(tmp_path, sigma=1.0), feats),
        (model_file(tmp_path), other),
    ]
    noises = []
    for number, (model, dump) in enumerate(releases):
        infer(model, dump, tmp_path / str(number), noise=key)
        noises.append(noise_of(released(tmp_path / str(number))[1], model, dump))
    standard_error = 1 / np.sqrt(noises[0].size)
    for one, another in combinations(noises, 2):
        assert abs(np.corrcoef(one.ravel(), another.ravel())[0, 1]) < 5 * standard_error
    among = np.corrcoef(noises[0])[np.triu_indices(len(noises[0]), 1)]
    assert np.abs(among).max() < 5 / np.sqrt(DIMS)


def test_a_network_under_two_names_releases_the_same_z_not_two_draws(make_dump, tmp_path):
    key, feats = NoiseKey.from_file(tmp_path / "key"), make_dump()
    for name, facts in (("one", {}), ("two", {"test": "x", "rule": "best-ua"})):
        infer(model_file(tmp_path, **facts), feats, tmp_path / name, noise=key)
    one, two = (released(tmp_path / name)[1] for name in ("one", "two"))
    np.testing.assert_array_equal(one, two)


def test_a_key_for_a_model_without_noise_is_refused(make_dump, tmp_path):
    save_model(tmp_path / "m.safetensors", build_network(43, 2, 0), model_card())
    key = NoiseKey.from_file(tmp_path / "key")
    with pytest.raises(InputError, match="the bottleneck is none, which has no noise: the key wou"):
        infer(tmp_path / "m.safetensors", make_dump(), tmp_path / "out", noise=key)
    assert not (tmp_path / "out").exists()
