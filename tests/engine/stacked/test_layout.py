import pytest
import torch
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.engine.stacked.backends import REFERENCE, operations
from menan.engine.stacked.layout import Layout, encoder_layers, head_layers, views
from menan.engine.stacked.reference import windows
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.model.losses import entropy
from tests.training.training_example import build_network

CPU = torch.device("cpu")


def parameters_of(network):
    return {name: value.detach() for name, value in network.named_parameters()}


def layouts(dims, widest):
    """Layouts of ENC with EC, and of SC beside a network of ``widest`` speakers."""
    main = {"encoder": encoder_layers(dims), "emotion": head_layers("emotion", 4)}
    return Layout(main), Layout({"speaker": head_layers("speaker", widest)})


@pytest.mark.parametrize(("dims", "speakers", "widest"), [(43, 8, 8), (1, 1, 16), (5, 17, 40)])
def test_unpacking_what_was_packed_gives_every_parameter_back(dims, speakers, widest):
    state = parameters_of(build_network(dims, speakers, seed=0))
    unpacked = {}
    for layout in layouts(dims, widest):
        part = layout.unpack(layout.pack(state), state)
        assert not part.keys() & unpacked.keys()
        unpacked |= part
    assert unpacked.keys() == state.keys()
    assert all(torch.equal(unpacked[name], state[name]) for name in state)
    assert all(values.is_contiguous() for values in unpacked.values())


def test_a_row_keeps_the_precision_of_the_parameters():
    state = parameters_of(build_network(5, 8, seed=0).double())
    for layout in layouts(5, 8):
        row = layout.pack(state)
        assert row.dtype == torch.float64
        assert all(part.dtype == torch.float64 for part in layout.unpack(row, state).values())


def test_what_was_unpacked_does_not_change_with_the_row():
    state = parameters_of(build_network(1, 16, seed=0))
    for layout in layouts(1, 16):
        row = layout.pack(state)
        unpacked = layout.unpack(row, state)
        row.zero_()
        assert all(torch.equal(part, state[name]) for name, part in unpacked.items())


@pytest.mark.parametrize(("speakers", "widest"), [(16, 16), (3, 3), (3, 40)])
def test_padding_of_a_row_is_zero_and_all_other_values_are_parameters(speakers, widest):
    network = build_network(5, speakers, seed=0)
    ones = {name: torch.ones_like(value) for name, value in parameters_of(network).items()}
    rows = [layout.pack(ones) for layout in layouts(5, widest)]
    assert [row.shape for row in rows] == [(layout.width,) for layout in layouts(5, widest)]
    assert sum(row.sum() for row in rows) == sum(value.numel() for value in ones.values())
    assert set(torch.cat(rows).tolist()) == {0, 1}


def test_each_model_has_a_row_and_the_parts_are_views_of_it():
    layout = layouts(5, 8)[1]
    matrix = torch.zeros(3, layout.width)
    for count, view in enumerate(layout.split(matrix).values(), start=1):
        assert view.shape[0] == 3
        view[1] += count  # every number of the row, each once
    assert matrix[1].all()
    assert matrix[1].max() == len(layout.shapes)
    assert not matrix[[0, 2]].any()


def test_layers_are_the_plain_networks():
    """By what they compute: the frames of a window end to end, everything else as it comes."""
    network = build_network(5, 8, seed=0).double()
    encoder, state = network.encoder, parameters_of(network)
    rows = {}
    for layout in layouts(5, 40):
        leaves = layout.leaves(layout.pack(state)[None])
        rows |= {name: list(views(leaf, layout.parts[name])) for name, leaf in leaves.items()}
    (conv1, conv2, gates, recurrent, linear), emotion, speaker = rows.values()

    def assert_computes(layer, plain, shape, stride):
        x = torch.randn(2, *shape, dtype=torch.float64)
        y = windows(x.flatten(1)[None], layer, stride)[0]
        expected = plain(x)
        torch.testing.assert_close(y[..., : expected.shape[-1]], expected, rtol=0, atol=1e-14)
        assert not y[..., expected.shape[-1] :].any()

    gru = encoder.gru
    assert_computes(conv1, lambda x: encoder.conv[:2](x.mT).mT, (30, 5), 2 * 5)
    assert_computes(conv2, lambda x: encoder.conv[2:](x.mT).mT, (9, 32), 2 * 32)
    assert_computes(gates, lambda x: F.linear(x, gru.weight_ih_l0, gru.bias_ih_l0), (3, 32), 32)
    assert_computes(recurrent, lambda x: F.linear(x, gru.weight_hh_l0, gru.bias_hh_l0), (3, 32), 32)
    assert_computes(linear, encoder.linear, (3, 32), 32)
    for layers, head in ((emotion, network.emotion), (speaker, network.speaker)):
        assert_computes(layers[0], head[:2], (3, 96), 96)
        assert_computes(layers[1], head[2:4], (3, 32), 32)
        assert_computes(layers[2], lambda x, head=head: head[4](x[..., :10]), (3, 16), 16)


@pytest.mark.parametrize("ops", [REFERENCE, operations(CPU, torch.float32)], ids=["pytorch", "cpu"])
def test_the_filling_stays_zero_in_training_and_all_else_moves(ops):
    torch.manual_seed(0)
    first, length = torch.arange(4) * 20, torch.full((4,), 20)
    store = FrameStore(tuple("abcd"), torch.randn(80, 5), first, length)
    networks = [build_network(5, speakers, seed=0) for speakers in (3, 20)]
    stack = StackedEngine(networks, TrainingConfig(lr=1e-2), [100, 100], CPU, ops)
    before = {}
    for player in (stack.main, stack.speaker):
        ones = [
            {n: torch.ones_like(v) for n, v in network.state_dict().items()} for network in networks
        ]
        filling = torch.stack([player.layout.pack(state) for state in ones]) == 0
        before[player] = filling, player.matrix
    labels = torch.tensor([[0, 1, 2, 1], [3, 2, 1, 0]])
    for _ in range(20):
        v = stack.embed(store, torch.arange(4).expand(2, 4), 40)
        speakers = stack.speaker_log_p(v, labels)
        stack.speaker.step(F.nll_loss(speakers.flatten(0, 1), labels.flatten()), keep_graph=True)
        met = entropy(stack.speaker_log_p(v, labels)).sum()
        emotions = stack.emotion_log_p(v)
        stack.main.step(F.nll_loss(emotions.flatten(0, 1), labels.flatten()) - met)
    for player, (filling, matrix) in before.items():
        for now in (player.matrix, player.mean, player.square):
            assert not now[filling].any()
        assert (player.matrix != matrix)[~filling].float().mean() > 0.99
