import pytest
import torch
from torch.nn import functional as F

from menan.errors import InputError
from menan.settings import ObjectiveSettings
from menan.training.objectives import OBJECTIVES
from tests.training.lockstep_example import FRAMES, NAMES, make_batch, make_lockstep, make_networks

SPEAKERS = 5
ALTERNATING = [settings.name for settings, cls in OBJECTIVES.items() if cls.adversary_after_step]


def make_one(name, **options):
    """One model of one objective in float64, and a batch for it."""
    networks = make_networks((SPEAKERS,), torch.float64)
    return make_lockstep(networks, (name,), **options), make_batch((SPEAKERS,), torch.float64)


def states(lockstep) -> tuple[dict, dict]:
    """Parameters of ENC with EC, and of SC."""
    state = lockstep.engine.plain(0).state_dict()
    speaker = {name: value for name, value in state.items() if name.startswith("speaker.")}
    return {name: value for name, value in state.items() if name not in speaker}, speaker


def same(a: dict, b: dict) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def speaker_entropy(lockstep, batch) -> float:
    network = lockstep.engine.plain(0)
    features = lockstep.store.gather(batch.index[0], FRAMES).double()
    v = network.encoder(features, torch.full((len(features),), FRAMES))
    log_p = F.log_softmax(network.speaker(v), dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1).mean().item()


def expected_loss(name, lambda_, network, speaker_head, features, emotions, speakers):
    """The loss of ENC and EC as the table of systems writes it."""
    v = network.encoder(features, torch.full((len(features),), FRAMES))
    log_p = F.log_softmax(speaker_head(v), dim=-1)
    e = F.cross_entropy(network.emotion(v), emotions)
    s = F.nll_loss(log_p, speakers)
    h = -(log_p.exp() * log_p).sum(dim=-1).mean()
    return {
        "ec": e,
        "mtl": lambda_ * e + (1 - lambda_) * s,
        "dat": lambda_ * e - (1 - lambda_) * s,
        "menan": lambda_ * e - (1 - lambda_) * h,
        "uniform": lambda_ * e - (1 - lambda_) * log_p.mean(),
    }[name]


def main_gradients(lockstep, batch) -> dict[str, torch.Tensor]:
    """The gradients by which ENC and EC were moved in their first step, from Adam's mean."""
    lockstep.update(batch)
    mean = lockstep.engine.main.state_dict(0)["mean"]
    return {name: value / 0.1 for name, value in mean.items()}  # (1 - beta1) g


@pytest.mark.parametrize("name", ObjectiveSettings.table)
def test_gradients_are_those_of_the_objectives_equation(name):
    lockstep, batch = make_one(name, lambda_=0.3)
    start = lockstep.engine.plain(0)
    gradients = main_gradients(lockstep, batch)
    # After its own step SC is what the alternating objectives differentiate through.
    head = (lockstep.engine.plain(0) if name in ALTERNATING else start).speaker
    features = lockstep.store.gather(batch.index[0], FRAMES).double()
    loss = expected_loss(name, 0.3, start, head, features, batch.emotions[0], batch.speakers[0])
    for part, own in (("encoder", start.encoder), ("emotion", start.emotion)):
        names, parameters = zip(*own.named_parameters(), strict=True)
        wanted = torch.autograd.grad(loss, parameters, retain_graph=True)
        for parameter, gradient in zip(names, wanted, strict=True):
            torch.testing.assert_close(gradients[f"{part}.{parameter}"], gradient)


def test_gradient_of_equation_5_agrees_with_finite_differences():
    lockstep, batch = make_one("menan")
    start = lockstep.engine.plain(0)
    gradients = main_gradients(lockstep, batch)
    head = lockstep.engine.plain(0).speaker
    features = lockstep.store.gather(batch.index[0], FRAMES).double()
    draw = torch.Generator().manual_seed(0)
    for name, parameter in start.named_parameters():
        if name.startswith("speaker."):
            continue
        direction = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
        values = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                parameter.add_(direction, alpha=step)
                arguments = (features, batch.emotions[0], batch.speakers[0])
                values.append(float(expected_loss("menan", 0.5, start, head, *arguments)))
                parameter.add_(direction, alpha=-step)
        slope = (values[0] - values[1]) / 2e-6
        assert slope == pytest.approx(float((gradients[name] * direction).sum()), 1e-4, 1e-8)


@pytest.mark.parametrize("name", ObjectiveSettings.table)
def test_speaker_classifier_moves_as_the_passive_observer_does(name):
    after = []
    for objective in (name, "ec"):
        lockstep, batch = make_one(objective, lambda_=0.3)
        lockstep.update(batch)
        after.append(states(lockstep)[1])
    assert same(*after)


@pytest.mark.parametrize("name", ObjectiveSettings.table)
def test_each_players_step_leaves_the_other_bit_for_bit(name, monkeypatch):
    lockstep, batch = make_one(name)
    moved = []
    for player in ("speaker", "main"):
        own = getattr(lockstep.engine, player)

        def watched(*arguments, player=player, step=own.step, **options):
            before = states(lockstep)
            step(*arguments, **options)
            now = states(lockstep)
            unmoved = tuple(same(a, b) for a, b in zip(before, now, strict=True))
            moved.append((player, *unmoved))

        monkeypatch.setattr(own, "step", watched)
    lockstep.update(batch)
    # SC first, and ENC and EC stay; then they, and SC stays.
    assert moved == [("speaker", True, False), ("main", False, True)]


@pytest.mark.parametrize("name", ALTERNATING)
def test_encoder_step_raises_speaker_entropy(name, monkeypatch):
    lockstep, batch = make_one(name, lr=1e-4, lambda_=1e-6)
    main_step = lockstep.engine.main.step
    monkeypatch.setattr(lockstep.engine.main, "step", lambda loss: None)
    for _ in range(50):  # SC must know something before it can be confused
        lockstep.update(batch)
    values = []

    def watched(loss):
        values.append(speaker_entropy(lockstep, batch))
        main_step(loss)
        values.append(speaker_entropy(lockstep, batch))

    monkeypatch.setattr(lockstep.engine.main, "step", watched)
    lockstep.update(batch)
    assert values[1] > values[0]


def test_speaker_step_lowers_the_speaker_loss(monkeypatch):
    lockstep, batch = make_one("menan", lr=1e-4)
    monkeypatch.setattr(lockstep.engine.main, "step", lambda loss: None)
    losses = [float(lockstep.update(batch)["speaker_loss"]) for _ in range(5)]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("name", ObjectiveSettings.table)
def test_sc_steps_counts_the_steps_of_the_speaker_classifier(name):
    lockstep, batch = make_one(name, sc_steps=3)
    lockstep.update(batch)
    assert (lockstep.engine.main.done.item(), lockstep.engine.speaker.done.item()) == (1, 3)


def test_permuting_speaker_ids_leaves_ec_unchanged():
    results = []
    for shift in (0, 2):
        lockstep, batch = make_one("ec")
        batch.speakers.add_(shift).remainder_(SPEAKERS)
        for _ in range(3):
            lockstep.update(batch)
        results.append(states(lockstep)[0])
    assert same(*results)


def test_learning_rate_falls_linearly_to_zero_over_all_steps():
    lockstep, batch = make_one("menan", steps=4, sc_steps=2)
    rates = []
    for _ in range(4):
        rates.append(lockstep.engine.main.lr().item())
        lockstep.update(batch)
    assert rates == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])
    assert lockstep.engine.main.lr().item() == pytest.approx(0, abs=1e-12)
    assert lockstep.engine.speaker.lr().item() == pytest.approx(0, abs=1e-12)


def test_measures_say_how_sure_the_met_speaker_classifier_is():
    speakers = (SPEAKERS,) * len(NAMES)
    lockstep = make_lockstep(make_networks(speakers, torch.float64), NAMES)
    measured = lockstep.update(make_batch(speakers, torch.float64))
    assert set(measured) == {
        *(
            "loss",
            "emotion_loss",
            "speaker_loss",
            "speaker_entropy",
            "speaker_top",
            "speaker_accuracy",
        )
    }
    for value in measured.values():
        assert value.shape == (len(NAMES),)
        assert not value.requires_grad
    assert ((measured["speaker_top"] >= 1 / SPEAKERS) & (measured["speaker_top"] <= 1)).all()


def test_unknown_objective_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="'mean'; choose from ec, mtl, dat, menan, uniform"):
        ObjectiveSettings.from_plain("mean", "runs.objective")
