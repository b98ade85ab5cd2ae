"""An embedding of few dimensions, with axes of content beside them."""

import pytest
import torch
from torch.nn import functional as F

from menan.config import ModelConfig
from menan.encoder_settings import NarrowSettings, PooledSettings
from menan.errors import InputError
from menan.model.bottlenecks import make_bottleneck
from menan.model.encoders import make_encoder
from menan.settings import NoiseSettings
from tests.model.example_voices import ExampleVoices

ROWS, DIMS, UTTS = 3, 8, 400
LENGTHS = torch.full((UTTS,), ROWS)


def features():
    """Columns 2 and 5 differ most between utterances, in all rows alike."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(UTTS, ROWS, DIMS, generator=g)
    x[:, :, 2] += 9 * torch.randn(UTTS, 1, generator=g)
    x[:, :, 5] -= 5 * torch.randn(UTTS, 1, generator=g)
    return x + 3


def narrow(x, **settings):
    torch.manual_seed(0)
    encoder = make_encoder(NarrowSettings(size=16, **settings), ROWS, DIMS)
    encoder.prepare(ExampleVoices(x.double()))
    return encoder


def test_learnt_dimensions_lie_on_a_sphere_and_depend_on_the_hidden_layer():
    x = features()
    encoder = narrow(x, learnt=5)
    v = encoder(x, LENGTHS)
    assert v.shape == (UTTS, 5)
    torch.testing.assert_close(v.square().mean(dim=1), torch.ones(UTTS), atol=1e-3, rtol=0)
    hidden = torch.relu(encoder.projection(x.mean(dim=1)))
    torch.testing.assert_close(v, F.layer_norm(hidden @ encoder.narrowing.weight.T, (5,)))


def test_content_is_what_differs_most_with_the_stated_deviation():
    x = features()
    v = narrow(x, learnt=4, content=2, content_scale=0.5)(x, LENGTHS)
    content = v[:, 4:]
    torch.testing.assert_close(content.mean(dim=0), torch.zeros(2), atol=0.05, rtol=0)
    torch.testing.assert_close(content.std(dim=0), torch.full((2,), 0.5), atol=0.03, rtol=0)
    for column, own in ((2, content[:, 0]), (5, content[:, 1])):
        correlation = torch.corrcoef(torch.stack([own, x[:, :, column].mean(dim=1)]))[0, 1]
        assert correlation > 0.95


def test_content_is_bounded_and_never_dropped():
    x = features()
    encoder = narrow(x, learnt=4, content=1, content_scale=0.5)
    kept = torch.zeros(UTTS, encoder.dropout_units)
    torch.testing.assert_close(encoder(x, LENGTHS, kept)[:, 4], encoder(x, LENGTHS)[:, 4])
    far = encoder(1000 * x, LENGTHS)[:, 4]
    assert far.abs().max() == 1.5


def test_content_is_read_after_the_erasure():
    x = features()
    encoder = narrow(x, content=2, erase=64)  # here every utterance is a voice: nothing is left
    assert encoder(x, LENGTHS)[:, 5:].detach().abs().max() < 0.01


def test_more_content_than_columns_is_all_columns():
    assert narrow(features(), content=50).dims_out == 5 + DIMS


def test_noise_is_added_to_a_bounded_v_as_it_is():
    v = torch.randn(3, 7)
    noise = torch.randn(3, 7)
    z = make_bottleneck(NoiseSettings(sigma=0.5, normalise=False))(v, noise)
    torch.testing.assert_close(z, v + 0.5 * noise)


def test_an_encoder_that_can_outgrow_the_noise_is_refused():
    bare = NoiseSettings(sigma=0.5, normalise=False)
    ModelConfig(NarrowSettings(), bare)
    with pytest.raises(InputError, match="pooled can outgrow the noise; choose normalise: true"):
        ModelConfig(PooledSettings(), bare)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"learnt": 1}, "learnt must lie between 2 and 8192"),
        ({"content": -1}, "content must lie between 0 and 8192"),
        ({"content_scale": 0.0}, "content_scale must lie between 0 and 1000"),
    ],
)
def test_impossible_settings_are_refused(settings, complaint):
    with pytest.raises(InputError, match=complaint):
        NarrowSettings(**settings)
