"""Noise from a key: its distribution, what it depends on, and the file of the key."""

import hashlib
import os
import stat
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest
import torch
from scipy.stats import kstest, kurtosis, skew

from menan.errors import InputError
from menan.features.store import FrameStore
from menan.inference import key_file
from menan.inference.noise_key import NoiseKey, NoiseSeed, embedding_digest, source_from
from tests.training.training_example import build_network, model_with

DIMS = 96
KEY = NoiseKey(bytes(range(32)))
MODEL, FEATURES = b"m" * 32, b"f" * 32


def draws(utts, key=KEY, dims=DIMS):
    return np.stack([key.one_draw(MODEL, FEATURES, f"u{n}", 0, dims) for n in range(utts)])


def store_of(*matrices, utts=None):
    lengths = torch.tensor([len(matrix) for matrix in matrices])
    names = tuple(utts or (f"u{n}" for n in range(len(matrices))))
    first = lengths.cumsum(0) - lengths
    return FrameStore(names, torch.cat([torch.as_tensor(m) for m in matrices]), first, lengths)


def test_the_noise_is_standard_normal():
    noise = draws(4000).ravel()  # 384,000 numbers: standard errors of 0.0016 to 0.008
    assert kstest(noise, "norm").pvalue > 0.01
    assert np.mean(noise) == pytest.approx(0, abs=0.007)
    assert np.var(noise) == pytest.approx(1, abs=0.01)
    assert skew(noise) == pytest.approx(0, abs=0.02)
    assert kurtosis(noise) == pytest.approx(0, abs=0.04)
    assert 4 < np.abs(noise).max() < 6


def test_neither_dimensions_nor_utterances_are_correlated():
    noise = draws(4000)
    for rows in (noise.T, noise[:96]):
        correlation = np.corrcoef(rows)[np.triu_indices(96, 1)]
        assert np.abs(correlation).max() < 5 / np.sqrt(rows.shape[1])
    steps = noise.ravel()
    assert np.corrcoef(steps[:-1], steps[1:])[0, 1] == pytest.approx(0, abs=0.01)


def test_the_noise_is_the_documented_function_of_key_and_place():
    parts = (b"menan: noise of a released embedding, 1", KEY.key, MODEL, FEATURES, b"a-1", b"2")
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    stream = hashlib.shake_256(message).digest(8 * DIMS)
    for place, found in enumerate(KEY.one_draw(MODEL, FEATURES, "a-1", 2, DIMS)):
        number = int.from_bytes(stream[8 * place : 8 * place + 8], "little") // 2**12
        wanted = NormalDist().inv_cdf((number + 0.5) / 2**52)
        assert found == pytest.approx(wanted, abs=1e-9)


def test_every_part_of_the_place_changes_the_noise_and_parts_stay_separate():
    places = [
        (KEY, b"ab", b"c", "u", 1),
        (NoiseKey(bytes(32)), b"ab", b"c", "u", 1),
        (KEY, b"a", b"bc", "u", 1),
        (KEY, b"ab", b"cu", "", 1),
        (KEY, b"ab", b"c", "u1", 1),
        (KEY, b"ab", b"c", "u", 11),
        (KEY, b"ab", b"c", "u", 0),
    ]
    rows = [key.one_draw(*place, DIMS) for key, *place in places]
    for one, other in combinations(rows, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.5  # five standard errors


def test_the_noise_of_an_utterance_does_not_depend_on_those_beside_it():
    network = build_network(43, 2, 0, model_with("noise"))
    a, b = torch.randn(5, 43), torch.randn(7, 43)
    both = KEY.draw(network, store_of(a, b), torch.tensor([0, 1]))
    assert (both.dtype, both.shape) == (torch.float32, (2, DIMS))
    (alone,) = KEY.draw(network, store_of(b, utts=["u1"]), torch.tensor([0]))
    assert torch.equal(alone, both[1])
    (shorter,) = KEY.draw(network, store_of(b[:6], utts=["u1"]), torch.tensor([0]))
    assert not torch.isclose(shorter, alone).any()


def test_draws_are_averaged():
    network = build_network(43, 2, 0, model_with("noise"))
    store, index = store_of(*torch.randn(50, 4, 43)), torch.arange(50)
    one, mean = (KEY.draw(network, store, index, number) for number in (1, 32))
    assert one.std() == pytest.approx(1, rel=0.05)
    assert mean.std() == pytest.approx(1 / np.sqrt(32), rel=0.05)


def test_a_network_without_noise_gets_none():
    store = store_of(torch.randn(4, 43))
    for source in (KEY, NoiseSeed(0)):
        assert source.draw(build_network(43, 2, 0), store, torch.tensor([0])) is None


def test_the_digest_changes_exactly_when_z_can_change():
    network = build_network(43, 2, 0, model_with("noise", sigma=2.0))
    digest = embedding_digest(network)
    for part in (network.emotion, network.speaker):
        torch.nn.init.zeros_(next(part.parameters()))
    assert embedding_digest(network) == digest, "classifiers do not change z"
    # The same weights and noise with another sigma: z1 - z2 would be the noise.
    louder = build_network(43, 2, 0, model_with("noise", sigma=1.0))
    assert embedding_digest(louder) != digest
    network.encoder.mean[0] += 1
    assert embedding_digest(network) != digest


def test_options_choose_one_source(tmp_path):
    assert source_from(None, 3) == NoiseSeed(3)
    first, second = (source_from(None, None) for _ in range(2))
    assert isinstance(first, NoiseKey)
    assert first != second
    assert source_from(tmp_path / "key", None) == source_from(tmp_path / "key", None)
    with pytest.raises(InputError, match=r"--noise-key .* or --noise-seed .*, found both; leave"):
        source_from(tmp_path / "key", 0)


def test_a_missing_key_is_made_for_its_owner_only(tmp_path):
    mask = os.umask(0)
    try:
        key = NoiseKey.from_file(tmp_path / "new/key")
    finally:
        os.umask(mask)
    path = tmp_path / "new/key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == key.key
    assert len(set(key.key)) > 8
    assert list(path.parent.iterdir()) == [path]
    assert NoiseKey.from_file(tmp_path / "other").key != key.key


def test_a_job_that_comes_second_takes_the_key_of_the_first(tmp_path, monkeypatch):
    first = NoiseKey.from_file(tmp_path / "key")
    monkeypatch.setattr(key_file.os.path, "lexists", lambda path: False)
    assert NoiseKey.from_file(tmp_path / "key") == first
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]


def test_a_key_shows_in_no_message(tmp_path):
    key = NoiseKey.from_file(tmp_path / "key")
    for text in (repr(key), str(key), str(key.record)):
        assert repr(key.key)[2:-1] not in text
        assert key.key.hex() not in text


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_file_of_another_size_is_refused_and_kept(tmp_path, size):
    path = tmp_path / "key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(InputError, match=rf"key: expected .* 32 bytes, found {size} bytes; give"):
        NoiseKey.from_file(path)
    assert path.stat().st_size == size


def test_a_key_given_in_python_has_32_bytes_too():
    with pytest.raises(InputError, match=r"32 bytes, found 8 bytes; use NoiseKey.fresh\(\) or"):
        NoiseKey(b"password")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    NoiseKey.from_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(InputError, match=rf"found mode {mode:03o}; run chmod 600"):
        NoiseKey.from_file(tmp_path / "key")


def test_what_is_not_a_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InputError, match="not a regular file"):
            NoiseKey.from_file(path)


@pytest.mark.parametrize("inside", ["out/key", "out/deep/key", "link/key", "x/../out/key"])
def test_a_key_inside_of_the_release_is_refused_before_it_is_made(tmp_path, inside):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    with pytest.raises(InputError, match="to be released; keep the key outside"):
        NoiseKey.from_file(tmp_path / inside, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    NoiseKey.from_file(tmp_path / "outside", tmp_path / "out")
