import copy

import pytest
import torch
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.errors import InputError
from menan.network.losses import cross_entropy_to_uniform, entropy
from menan.network.model import Network, build_network
from menan.training.objectives import OBJECTIVES, Alternating, make_objective
from menan.training.players import Players

SPEAKERS, DIMS, FRAMES = 5, 7, 40
ALTERNATING = [name for name, cls in OBJECTIVES.items() if issubclass(cls, Alternating)]


def make_players(dtype=torch.float64, sc_steps=1, lr=1e-3) -> Players:
    network = build_network(DIMS, SPEAKERS, seed=3).to(dtype)
    return Players(network, TrainingConfig(lr=lr, sc_steps=sc_steps), steps=100)


def make_batch(dtype=torch.float64, size=6):
    draw = torch.Generator().manual_seed(4)
    return (
        torch.randn(size, FRAMES, DIMS, generator=draw, dtype=dtype),
        torch.randint(0, 4, (size,), generator=draw),
        torch.randint(0, SPEAKERS, (size,), generator=draw),
    )


def main_parameters(network: Network) -> list[torch.Tensor]:
    return [*network.encoder.parameters(), *network.emotion.parameters()]


def snapshot(players: Players, side: str) -> dict:
    """Weights, gradients and Adam's state of one side, copied."""
    optimizer = getattr(players, side)
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = [p.grad for p in weights]
    state = optimizer.state_dict()["state"]
    return copy.deepcopy({"weights": weights, "gradients": gradients, "adam": state})


def equal(a: dict, b: dict) -> bool:
    same = all(
        torch.equal(x, y)
        for name in ("weights", "gradients")
        for x, y in zip(a[name], b[name], strict=True)
    )
    return same and all(
        torch.equal(a["adam"][i][name], b["adam"][i][name])
        for i in b["adam"]
        for name in b["adam"][i]
    )


def test_speaker_step_leaves_encoder_and_emotion_classifier_bit_for_bit():
    players, (features, emotions, speakers) = make_players(), make_batch()
    make_objective("menan", 0.5).update(players, features, emotions, speakers)
    before, speaker_before = snapshot(players, "main"), snapshot(players, "speaker")
    players.step_speaker(players.network.encoder(features).detach(), speakers)
    assert equal(before, snapshot(players, "main"))
    assert not equal(speaker_before, snapshot(players, "speaker"))


@pytest.mark.parametrize("name", ALTERNATING)
def test_encoder_step_leaves_speaker_classifier_bit_for_bit(name, monkeypatch):
    players, batch = make_players(), make_batch()
    objective = make_objective(name, 0.5)
    objective.update(players, *batch)
    seen = {}
    plain_step = players.step_main

    def watched_step(loss):
        seen["before"] = snapshot(players, "speaker")
        plain_step(loss)
        seen["after"] = snapshot(players, "speaker")

    monkeypatch.setattr(players, "step_main", watched_step)
    main_before = snapshot(players, "main")
    objective.update(players, *batch)
    assert equal(seen["before"], seen["after"])
    assert not equal(main_before, snapshot(players, "main"))


def test_no_parameter_belongs_to_both_optimizers():
    players = make_players()
    main, speaker = (
        {id(p) for group in optimizer.param_groups for p in group["params"]}
        for optimizer in (players.main, players.speaker)
    )
    assert not main & speaker
    assert len(main | speaker) == len(list(players.network.parameters()))


def expected_main_loss(name: str, lambda_: float, network: Network, speaker_head, batch):
    """The loss of ENC and EC as the table of systems writes it."""
    features, emotions, speakers = batch
    v = network.encoder(features)
    logits = speaker_head(v)
    e = F.cross_entropy(network.emotion(v), emotions)
    s = F.cross_entropy(logits, speakers)
    return {
        "ec": e,
        "mtl": lambda_ * e + (1 - lambda_) * s,
        "dat": lambda_ * e - (1 - lambda_) * s,
        "menan": lambda_ * e - (1 - lambda_) * entropy(logits),
        "uniform": lambda_ * e + (1 - lambda_) * cross_entropy_to_uniform(logits),
    }[name]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_encoder_and_emotion_gradients_are_those_of_the_objectives_equation(name):
    lambda_, players, batch = 0.3, make_players(), make_batch()
    start = copy.deepcopy(players.network)
    make_objective(name, lambda_).update(players, *batch)
    # After its own step SC is what the alternating objectives differentiate through.
    head = players.network.speaker if name in ALTERNATING else start.speaker
    loss = expected_main_loss(name, lambda_, start, head, batch)
    expected = torch.autograd.grad(loss, main_parameters(start))
    for got, wanted in zip(main_parameters(players.network), expected, strict=True):
        torch.testing.assert_close(got.grad, wanted)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_speaker_classifier_moves_as_by_adam_on_its_cross_entropy(name):
    players, batch = make_players(), make_batch()
    other = make_players()
    make_objective(name, 0.3).update(players, *batch)
    features, _, speakers = batch
    other.step_speaker(other.network.encoder(features).detach(), speakers)
    for got, wanted in zip(
        players.network.speaker.parameters(), other.network.speaker.parameters(), strict=True
    ):
        torch.testing.assert_close(got, wanted)


def test_gradient_of_equation_5_agrees_with_finite_differences():
    players, batch = make_players(), make_batch()
    make_objective("menan", 0.5).update(players, *batch)
    start = make_players().network
    head = players.network.speaker
    parameters, gradients = (
        main_parameters(start),
        [p.grad for p in main_parameters(players.network)],
    )
    draw = torch.Generator().manual_seed(0)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
        values = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                parameter.add_(direction, alpha=step)
                values.append(expected_main_loss("menan", 0.5, start, head, batch).item())
                parameter.add_(direction, alpha=-step)
        slope = (values[0] - values[1]) / 2e-6
        assert slope == pytest.approx((gradient * direction).sum().item(), rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("name", ALTERNATING)
def test_encoder_step_raises_speaker_entropy(name):
    players, (features, _, speakers) = make_players(lr=1e-4), make_batch()
    network = players.network
    for _ in range(50):  # SC must know something before it can be confused
        players.step_speaker(network.encoder(features).detach(), speakers)
    before = entropy(network.speaker(network.encoder(features)))
    with players.speaker_frozen():
        confusion = make_objective(name, 0.5).confusion(network.speaker(network.encoder(features)))
        players.step_main(confusion)
    assert entropy(network.speaker(network.encoder(features))) > before


def test_speaker_step_lowers_the_speaker_loss():
    players, (features, _, speakers) = make_players(), make_batch()
    v = players.network.encoder(features).detach()
    before = F.cross_entropy(players.network.speaker(v), speakers)
    players.step_speaker(v, speakers)
    assert F.cross_entropy(players.network.speaker(v), speakers) < before


@pytest.mark.parametrize("name", OBJECTIVES)
def test_sc_steps_counts_the_steps_of_the_speaker_classifier(name):
    players = make_players(sc_steps=3)
    make_objective(name, 0.5).update(players, *make_batch())
    steps = {side: int(getattr(players, side).state_dict()["state"][0]["step"]) for side in
             ("main", "speaker")}  # fmt: skip
    assert steps == {"main": 1, "speaker": 3}


def test_permuting_speaker_ids_leaves_ec_unchanged():
    (features, emotions, speakers), results = make_batch(), []
    for ids in (speakers, (speakers + 2) % SPEAKERS):
        players = make_players()
        for _ in range(3):
            make_objective("ec", 0.5).update(players, features, emotions, ids)
        results.append(main_parameters(players.network))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_learning_rate_falls_linearly_to_zero_over_all_steps():
    players, batch = (
        Players(build_network(DIMS, SPEAKERS, 0), TrainingConfig(), 4),
        make_batch(torch.float32),
    )
    rates = []
    for _ in range(4):
        rates.append(players.lr)
        make_objective("menan", 0.5).update(players, *batch)
    assert rates == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])
    assert players.lr == pytest.approx(0, abs=1e-12)


def test_measures_say_how_sure_the_speaker_classifier_is():
    players, batch = make_players(), make_batch()
    measured = make_objective("menan", 0.5).update(players, *batch)
    assert set(measured) == {
        *("emotion_loss", "speaker_loss", "speaker_entropy", "speaker_top", "speaker_accuracy")
    }
    assert 1 / SPEAKERS <= measured["speaker_top"] <= 1
    assert not any(value.requires_grad for value in measured.values())


def test_unknown_objective_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="'mean'; there are ec, mtl, dat, menan, uniform"):
        make_objective("mean", 0.5)
