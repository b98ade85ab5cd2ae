import json

import numpy as np
import onnxruntime
import pytest
import torch

from menan.config import ModelConfig
from menan.encoder_settings import (
    AttentiveSettings,
    NarrowSettings,
    PooledSettings,
    Table1Settings,
)
from menan.errors import InputError
from menan.features.waveform import centre_crop
from menan.front_ends import GivenFrontEnd, KaldiFrontEnd
from menan.inference.emotion_model import load_model
from menan.inference.export import export_onnx
from menan.model.model_description import Description
from menan.model.model_file import card_to_json, save_model
from tests.training.training_example import build_network, model_card, model_with

CARD = model_card()


def test_onnx_gives_the_networks_outputs_for_any_batch(tmp_path):
    network = build_network(43, 2, 0)
    network.encoder.mean.fill_(0.3)
    save_model(tmp_path / "m.safetensors", network, CARD)
    export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert json.loads(session.get_modelmeta().custom_metadata_map["menan"]) == json.loads(
        json.dumps(card_to_json(CARD))
    )
    for batch in (1, 5):
        features = torch.randn(batch, CARD.features.rows, 43)
        with torch.inference_mode():
            v = network.encoder(features, torch.full((batch,), CARD.features.rows))
            posteriors = torch.softmax(network.emotion(v), dim=-1)
        got = session.run(["posteriors", "embedding"], {"features": features.numpy()})
        np.testing.assert_allclose(got[0], posteriors, atol=1e-6)
        np.testing.assert_allclose(got[1], v, atol=1e-5)


@pytest.mark.parametrize(
    "encoder",
    [PooledSettings(size=5), NarrowSettings(size=5, content=2), AttentiveSettings(size=5)],
    ids=lambda one: one.name,
)
def test_onnx_of_other_encoders_takes_lengths_where_they_differ(tmp_path, encoder):
    model = ModelConfig(encoder)
    network, card = build_network(43, 2, 0, model), model_card(model=model)
    save_model(tmp_path / "m.safetensors", network, card)
    export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    features, lengths = torch.randn(3, card.features.rows, 43), torch.tensor([47, 20, 47])
    if not network.encoder.is_padded():
        lengths = torch.full((3,), card.features.rows)
    with torch.inference_mode():
        v = network.encoder(features, lengths)
    inputs = {"features": features.numpy()}
    if network.encoder.is_padded():
        inputs["lengths"] = lengths.numpy()
    np.testing.assert_allclose(session.run(["embedding"], inputs)[0], v, atol=1e-5)


@pytest.fixture
def bounded(tmp_path):
    """A network with a bottleneck, and its ONNX session."""

    def make(name, **settings):
        model = model_with(name, **settings)
        network = build_network(43, 2, 0, model)
        save_model(tmp_path / "m.safetensors", network, model_card(model=model))
        export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx")
        return network, onnxruntime.InferenceSession(tmp_path / "m.onnx")

    return make


def test_onnx_takes_the_noise_of_a_bottleneck_from_its_caller(bounded):
    network, session = bounded("noise", sigma=0.5)
    features, noise = torch.randn(3, CARD.features.rows, 43), torch.randn(3, 96)
    with torch.inference_mode():
        z = network.embed(features, torch.full((3,), CARD.features.rows), noise)
    inputs = {"features": features.numpy(), "noise": noise.numpy()}
    np.testing.assert_allclose(session.run(["embedding"], inputs)[0], z, atol=1e-4)


def test_onnx_quantises_as_the_network_does(bounded):
    network, session = bounded("fsq", levels=4)
    features = torch.randn(20, CARD.features.rows, 43)
    with torch.inference_mode():
        z = network.embed(features, torch.full((20,), CARD.features.rows)).numpy()
    found = session.run(["embedding"], {"features": features.numpy()})[0]
    # What lies on the edge of two levels may fall to either side.
    assert np.mean(np.abs(found - z) > 1e-5) < 0.01


def waveform_session(tmp_path, encoder, temperature):
    """ONNX session for a waveform, of a network on features of 0.5 s without pitch."""
    features, model = KaldiFrontEnd(seconds=0.5, pitch=False), ModelConfig(encoder)
    about = Description("X", "CC0", "nothing", "none", 0.5, (0.4, 0.6), temperature)
    network = build_network(41, 2, 0, model)
    network.encoder.mean.fill_(9.0)
    card = model_card(model=model, features=features, description=about)
    save_model(tmp_path / "m.safetensors", network, card)
    export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx", "waveform")
    return onnxruntime.InferenceSession(tmp_path / "m.onnx")


@pytest.mark.parametrize("encoder", [Table1Settings(), AttentiveSettings(size=5)])
def test_onnx_of_a_waveform_is_menans_own_prediction(tmp_path, encoder):
    session = waveform_session(tmp_path, encoder, temperature=0.1)
    model = load_model(tmp_path / "m.safetensors")
    rng = np.random.default_rng(0)
    for samples in (640, 5000, 8000, 20_001):  # one frame, short, the length, too long
        wave = (rng.normal(0, 3000, samples) + 500).round().astype(np.int16)
        middle = centre_crop(wave, 0.5)
        inputs = {"waveform": np.stack([wave, wave]).astype(np.float32) / 32768}
        posteriors, embedding = session.run(["posteriors", "embedding"], inputs)
        assert len(embedding) == 2
        for row in posteriors:
            expected = list(model.predict(middle, 16000).posteriors.values())
            np.testing.assert_allclose(row, expected, atol=1e-4)
        logits = model.network.emotion(torch.from_numpy(embedding[:1])) / 0.1
        np.testing.assert_allclose(posteriors[:1], torch.softmax(logits, dim=-1), atol=1e-5)


def test_features_with_pitch_cannot_take_a_waveform(tmp_path):
    save_model(tmp_path / "m.safetensors", build_network(43, 2, 0), CARD)
    with pytest.raises(InputError, match=r"contain pitch.*'pitch: false'"):
        export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx", "waveform")
    assert not (tmp_path / "m.onnx").exists()


def test_other_front_ends_cannot_take_a_waveform(tmp_path):
    card = model_card(features=GivenFrontEnd(columns=43, longest=47))
    save_model(tmp_path / "m.safetensors", build_network(43, 2, 0), card)
    with pytest.raises(InputError, match="'given' are computed outside; or export it with"):
        export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx", "waveform")
