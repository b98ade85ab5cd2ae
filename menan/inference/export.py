"""A trained network as ONNX, for use without PyTorch."""

import json
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from menan.errors import InputError
from menan.files.atomic import atomic_path
from menan.model.model_file import CARD_KEY, card_to_json, load_model
from menan.model.network import Network


class _Inference(nn.Module):
    """ENC and EC: features (batch, rows, dims) to posteriors (batch, emotions) and z."""

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(
        self, features: Tensor, lengths: Tensor | None = None, noise: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if lengths is None:
            lengths = torch.full(features.shape[:1], features.shape[1])
        z = self.network.embed(features, lengths, noise)
        return F.softmax(self.network.emotion(z), dim=-1), z


def export_onnx(model: str | Path, out: str | Path) -> None:
    """Write a model file as ONNX, whole or not at all.

    The input ``features`` is float32 (batch, rows, dims) as menan-dump makes them; normalisation is
    inside. For Table 1 they are repeated cyclically to the model's number of frames. An encoder
    that takes padded inputs has the input ``lengths``, int64 (batch,). A model with a stochastic
    bottleneck has the input ``noise``, float32, shaped as the embedding. The caller fills it with
    standard normal numbers from a cryptographic generator (``os.urandom``), new for each call:
    whoever knows them can subtract them (docs/invariance.md). The outputs are
    ``posteriors`` (batch, emotions) and ``embedding`` (batch, dims). The metadata entry ``menan``
    is the model's card, which lists the emotions.

    Raises:
        InputError: no model, or the packages for it are not installed.
    """
    network, card = load_model(model, "cpu")
    try:
        import onnxscript  # noqa: F401  (torch needs it, and its own message has many lines)
    except ImportError:
        raise InputError("menan-export needs onnxscript: pip install 'menan[export]'") from None
    frames = card.features.rows
    inputs = {"features": torch.zeros(2, frames, card.features.dims)}
    if network.encoder.is_padded():
        inputs["lengths"] = torch.full((2,), frames)
    if network.bottleneck.is_stochastic:
        inputs.update(noise=torch.zeros(2, network.encoder.dims_out))
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        # Warnings about nn.GRU's flat list of weights, and about packages that a GRU does not need.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _Inference(network).eval(),
            (),
            kwargs=inputs,
            dynamo=True,
            verbose=False,
            input_names=list(inputs),
            output_names=["posteriors", "embedding"],
            dynamic_shapes={name: {0: batch} for name in inputs},
        )
    assert program is not None, "torch.onnx.export with dynamo returns a program"
    program.model.metadata_props[CARD_KEY] = json.dumps(card_to_json(card), sort_keys=True)
    with atomic_path(out) as beside:
        program.save(str(beside))
