"""Parts of attacks that are kept: what systems share, and what a killed attack had finished."""

import numpy as np
import pytest
import torch

from menan import provenance
from menan.analysis.attack import attack_parts, attack_system
from menan.analysis.attack.attack_network import Classified, NetworkAttack
from menan.analysis.attack.attack_parts import AttackParts
from menan.analysis.attack.attack_system import attack_models
from menan.analysis.attack.closed_set import ClosedAttack, Identified
from menan.analysis.attack.open_set import Trials
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.tables import write_table
from tests.analysis.attack.hasty import hasten
from tests.conftest import write_dump
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    hasten(monkeypatch)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """`ec`, `mtl` and `menan` behind noise, two groups of four."""
    folder = tmp_path_factory.mktemp("trained")
    feats = write_dump(folder / "dump", speakers=8)
    write_table(feats.with_name("spk2group"), {f"spk0{n}": f"g{n // 4}" for n in range(8)})
    training = TrainingConfig(epochs=1, batch_size=64)
    for name, model in (("ec", None), ("mtl", None), ("menan", model_with("noise", sigma=2.0))):
        runs = RunsConfig(objective=objectives(name), hold_out=("each",))
        train_runs(feats, folder / "exp", training, runs, CPU, model)
    return folder / "exp", feats


def part():
    rng = np.random.default_rng(0)
    found = NetworkAttack({"heard": ("a", "b")}, unseen=("c", "d"))
    identified = Identified(rng.random(2), 0.1 + 0.2)
    found.closed["heard", "z", "fresh"] = ClosedAttack(
        {"1": {"MLP": identified}}, {"MLP": rng.random(2)}
    )
    found.open_set["z", "fresh"] = {
        ("any", "1", "all"): Trials({"PLDA": rng.normal(size=4)}, np.arange(4), np.arange(4) // 2)
    }
    found.use["text"] = Classified(np.arange(3), np.zeros(3, dtype=int), {"z": np.arange(3)})
    return found


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if hasattr(a, "__dataclass_fields__"):
        return same(vars(a), vars(b))
    return a == b


@pytest.mark.parametrize("folder", [None, "parts"])
def test_a_part_is_made_once_and_comes_back_to_the_bit(tmp_path, folder):
    parts, made = AttackParts(folder and tmp_path / folder), []

    def make():
        made.append(1)
        return part()

    assert same(parts.kept_or_made("key", make), part())
    assert same(parts.kept_or_made("key", make), part())
    assert len(made) == 1
    parts.kept_or_made("other", make)
    assert len(made) == 2


@pytest.mark.parametrize("spoil", [lambda b: b[:200], lambda b: b"", lambda b: b"x" * len(b)])
def test_a_damaged_part_is_made_again(tmp_path, spoil):
    parts = AttackParts(tmp_path)
    parts.kept_or_made("key", part)
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    assert same(parts.kept_or_made("key", part), part())
    assert same(AttackParts(tmp_path).kept_or_made("key", None), part())


def count_attacks(monkeypatch):
    """The releases of each call, as they are attacked."""
    calls, attack = [], attack_system.attack_network

    def counted(attacked, releases, *rest):
        calls.append(tuple(releases))
        return attack(attacked, releases, *rest)

    monkeypatch.setattr(attack_system, "attack_network", counted)
    return calls


def test_systems_share_the_attacks_on_their_input_and_their_rival(trained, tmp_path, monkeypatch):
    exp, feats = trained
    calls = count_attacks(monkeypatch)
    alone = attack_models(exp / "menan", feats, tmp_path / "alone/menan.json", rival=exp / "ec")
    assert sorted(map(len, calls)) == [1, 1, 1, 1, 5, 5]
    attack_models(exp / "mtl", feats, tmp_path / "both/mtl.json", rival=exp / "ec")
    calls.clear()
    found = attack_models(exp / "menan", feats, tmp_path / "both/menan.json", rival=exp / "ec")
    assert list(map(len, calls)) == [5, 5]
    assert found == alone
    assert (tmp_path / "both/menan.json").read_text() == (tmp_path / "alone/menan.json").read_text()


def test_attacks_on_another_rival_or_other_input_are_not_taken_from_the_folder(trained, tmp_path):
    exp, feats = trained
    attack_models(exp / "menan", feats, tmp_path / "one/ec.json", rival=exp / "ec")
    beside = attack_models(exp / "menan", feats, tmp_path / "one/mtl.json", rival=exp / "mtl")
    alone = attack_models(exp / "menan", feats, tmp_path / "two/mtl.json", rival=exp / "mtl")
    assert beside == alone
    with_ec, with_mtl = (
        {path.name for path in (tmp_path / name / attack_parts.FOLDER).iterdir()}
        for name in ("one", "two")
    )
    assert with_mtl < with_ec
    assert (len(with_mtl), len(with_ec)) == (4, 6)


def test_a_killed_attack_goes_on_from_the_networks_that_it_finished(trained, tmp_path, monkeypatch):
    exp, feats = trained
    wanted = attack_models(exp / "menan", feats, tmp_path / "whole/x.json")
    calls = count_attacks(monkeypatch)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        counted = attack_system.attack_network
        patch.setattr(
            attack_system,
            "attack_network",
            lambda *args: killed() if len(calls) == 2 else counted(*args),
        )
        with pytest.raises(KeyboardInterrupt):
            attack_models(exp / "menan", feats, tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()
    calls.clear()
    assert attack_models(exp / "menan", feats, tmp_path / "x.json") == wanted
    assert list(map(len, calls)) == [5, 1]  # the second network, and its input
    kept = len(list((tmp_path / attack_parts.FOLDER).iterdir()))
    assert kept == len(list((tmp_path / "whole" / attack_parts.FOLDER).iterdir())) == 2


def test_after_a_change_of_the_code_everything_is_attacked_again(trained, tmp_path, monkeypatch):
    exp, feats = trained
    arguments = exp / "ec", feats, tmp_path / "x.json"
    first = attack_models(*arguments)
    calls = count_attacks(monkeypatch)
    assert attack_models(*arguments) == first
    assert calls == []
    monkeypatch.setattr(provenance, "code_digest", lambda: "another state of the code")
    provenance.computed_by.cache_clear()
    try:
        assert attack_models(*arguments).made_from != first.made_from
    finally:
        provenance.computed_by.cache_clear()
    assert sorted(map(len, calls)) == [1, 1, 5, 5]
