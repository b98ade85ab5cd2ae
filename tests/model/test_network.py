import torch
from torch import nn

from menan.model.encoders import Table1Encoder, statistics_pooling
from tests.training.training_example import build_network


def whole(features):
    """Lengths of utterances without padding."""
    return torch.full((len(features),), features.shape[1])


def test_parameter_counts_are_those_of_table_1():
    encoder = (
        43 * 32 * 10 + 32 + 1  # Conv1d, PReLU
        + 32 * 32 * 5 + 32 + 1  # Conv1d, PReLU
        + 3 * (32 * 32 + 32 * 32 + 32 + 32)  # GRU: three gates, two biases each
        + 32 * 32 + 32 + 1  # Linear, PReLU
    )  # fmt: skip
    head = 96 * 32 + 32 + 1 + 32 * 10 + 10 + 1
    network = build_network(dims=43, speakers=8, seed=0)
    counts = {
        name: sum(p.numel() for p in part.parameters()) for name, part in network.named_children()
    }
    assert counts == {
        "encoder": encoder,
        "emotion": head + 10 * 4 + 4,
        "speaker": head + 10 * 8 + 8,
    }
    assert sum(counts.values()) == 33_343


def test_fourteen_seconds_give_345_frames_to_the_gru_and_96_dimensions_to_v():
    encoder = build_network(43, 8, 0).encoder
    features = torch.randn(2, 1397, 43)
    assert encoder.conv(features.transpose(1, 2)).shape == (2, 32, 345)
    assert encoder(features, whole(features)).shape == (2, 96)


def test_shortest_input_gives_one_frame_and_no_nan():
    features = torch.randn(1, Table1Encoder.shortest_input, 43)
    v = build_network(43, 8, 0).encoder(features, whole(features))
    assert torch.isfinite(v).all()


def test_pooling_is_mean_biased_std_and_max():
    x = torch.tensor([[[1.0, 5.0], [3.0, 5.0]]])
    expected = torch.tensor([[2.0, 5.0, (1 + 1e-5) ** 0.5, 1e-5**0.5, 3.0, 5.0]])
    torch.testing.assert_close(statistics_pooling(x), expected)


def test_pooling_of_a_constant_channel_has_a_finite_gradient():
    x = torch.ones(1, 4, 2, requires_grad=True)
    statistics_pooling(x).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_weights_are_a_function_of_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first, again, other = (build_network(43, 8, seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters()))  # noqa: B905
    assert not torch.equal(first.encoder.conv[0].weight, other.encoder.conv[0].weight)


def test_encoder_starts_alike_whatever_the_number_of_speakers():
    eight, twenty = build_network(43, 8, 0), build_network(43, 20, 0)
    for part in ("encoder", "emotion"):
        a, b = getattr(eight, part), getattr(twenty, part)
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_normalization_happens_before_the_first_convolution():
    network = build_network(43, 8, 0)
    features = torch.randn(3, 60, 43)
    plain = network.encoder(features, whole(features))
    network.encoder.mean.fill_(5.0)
    network.encoder.std.fill_(2.0)
    torch.testing.assert_close(network.encoder(features * 2 + 5, whole(features)), plain)


def test_every_nonlinearity_is_a_prelu_of_one_parameter():
    prelus = [m for m in build_network(43, 8, 0).modules() if isinstance(m, nn.PReLU)]
    assert len(prelus) == 7
    assert all(m.num_parameters == 1 for m in prelus)
