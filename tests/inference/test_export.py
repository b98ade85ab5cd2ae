import dataclasses
import json

import numpy as np
import onnxruntime
import pytest
import torch

from menan.config import FeatureConfig, TrainingConfig
from menan.inference.export import export_onnx
from menan.model.bottlenecks import Bottleneck
from menan.model.model_file import ModelCard, card_to_json, save_model
from tests.training.training_example import build_network

CARD = ModelCard(
    *("menan", 0, ("a", "b"), None, None, None, "last", 1),
    *(FeatureConfig(seconds=0.5), TrainingConfig(), "0"),
)


def test_onnx_says_what_the_network_says_for_any_batch(tmp_path):
    network = build_network(43, 2, 0)
    network.encoder.mean.fill_(0.3)
    save_model(tmp_path / "m.safetensors", network, CARD)
    export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert json.loads(session.get_modelmeta().custom_metadata_map["menan"]) == json.loads(
        json.dumps(card_to_json(CARD))
    )
    for batch in (1, 5):
        features = torch.randn(batch, CARD.features.frames, 43)
        with torch.inference_mode():
            v = network.encoder(features)
            posteriors = torch.softmax(network.emotion(v), dim=-1)
        got = session.run(["posteriors", "embedding"], {"features": features.numpy()})
        np.testing.assert_allclose(got[0], posteriors, atol=1e-6)
        np.testing.assert_allclose(got[1], v, atol=1e-5)


@pytest.fixture
def bounded(tmp_path):
    """A network with a bottleneck, and its ONNX session."""

    def make(**bottleneck):
        training = TrainingConfig(**bottleneck)
        network = build_network(43, 2, 0, Bottleneck.of(training))
        card = dataclasses.replace(CARD, training=training)
        save_model(tmp_path / "m.safetensors", network, card)
        export_onnx(tmp_path / "m.safetensors", tmp_path / "m.onnx")
        return network, onnxruntime.InferenceSession(tmp_path / "m.onnx")

    return make


def test_onnx_takes_the_noise_of_a_bottleneck_from_its_caller(bounded):
    network, session = bounded(bottleneck="noise", noise_sigma=0.5)
    features, noise = torch.randn(3, CARD.features.frames, 43), torch.randn(3, 96)
    with torch.inference_mode():
        z = network.embed(features, noise)
    inputs = {"features": features.numpy(), "noise": noise.numpy()}
    np.testing.assert_allclose(session.run(["embedding"], inputs)[0], z, atol=1e-4)


def test_onnx_quantises_as_the_network_does(bounded):
    network, session = bounded(bottleneck="fsq", fsq_levels=4)
    features = torch.randn(20, CARD.features.frames, 43)
    with torch.inference_mode():
        z = network.embed(features).numpy()
    found = session.run(["embedding"], {"features": features.numpy()})[0]
    # What lies on the edge of two levels may fall to either side.
    assert np.mean(np.abs(found - z) > 1e-5) < 0.01
