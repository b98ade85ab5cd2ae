"""A trained network as ONNX, for use without PyTorch."""

import json
import warnings
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from menan.errors import InputError
from menan.features.front_end import make_module
from menan.features.waveform import SAMPLE_RATE
from menan.files.atomic import atomic_path
from menan.model.model_file import CARD_KEY, ModelCard, card_to_json, load_model
from menan.model.network import Network

OnnxInput = Literal["features", "waveform"]  # what an exported network takes


class _Inference(nn.Module):
    """ENC and EC: features (batch, rows, dims) to posteriors (batch, emotions) and z."""

    def __init__(self, network: Network, card: ModelCard):
        super().__init__()
        self.network, self.temperature = network, card.temperature

    def forward(
        self, features: Tensor, lengths: Tensor | None = None, noise: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if lengths is None:
            lengths = torch.full(features.shape[:1], features.shape[1])
        z = self.network.embed(features, lengths, noise)
        return F.softmax(self.network.emotion(z) / self.temperature, dim=-1), z


class _InferenceOfWaveform(nn.Module):
    """Front-end, ENC and EC: 16 kHz samples (batch, n) to posteriors and z."""

    def __init__(self, network: Network, card: ModelCard):
        super().__init__()
        self.is_padded = network.encoder.is_padded()
        self.front_end = make_module(card.features, is_repeated=not self.is_padded)
        self.inference = _Inference(network, card)

    def forward(self, waveform: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        features, lengths = self.front_end(waveform)
        return self.inference(features, lengths if self.is_padded else None, noise)


def export_onnx(model: str | Path, out: str | Path, taken: OnnxInput = "features") -> None:
    """Write a model file as ONNX, whole or not at all.

    The input ``features`` is float32 (batch, rows, dims) as menan-dump makes them; normalisation is
    inside. For Table 1 they are repeated cyclically to the model's number of frames. An encoder
    that takes padded inputs has the input ``lengths``, int64 (batch,).

    The input ``waveform``, in place of both, is float32 (batch, samples), 16 kHz, full scale at 1:
    at least one frame (640 samples by default); of more than the model's ``seconds`` the middle
    part is used.

    A model with a stochastic bottleneck has the input ``noise``, float32, shaped as the embedding.
    The caller fills it with standard normal numbers from a cryptographic generator
    (``os.urandom``), new for each call: whoever knows them can subtract them (docs/invariance.md).

    The outputs are ``posteriors`` (batch, emotions) and ``embedding`` (batch, dims). The metadata
    entry ``menan`` is the model's card, which lists the emotions.

    Args:
        taken: the network's input.

    Raises:
        InputError: no model, the packages for it are not installed, or a waveform where the
            model's features cannot be computed in ONNX.
    """
    network, card = load_model(model, "cpu")
    try:
        module: nn.Module = _Inference(network, card)
        if taken == "waveform":
            module = _InferenceOfWaveform(network, card)
    except InputError as error:
        raise InputError(f"{model}: {error}; or export it with --input features") from None
    try:
        import onnxscript  # noqa: F401  (torch needs it, and its own message has many lines)
    except ImportError:
        raise InputError("menan-export needs onnxscript: pip install 'menan[export]'") from None
    inputs, dynamic = _example(network, card, taken)
    with warnings.catch_warnings():
        # Warnings about nn.GRU's flat list of weights, and about packages that a GRU does not need.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            (),
            kwargs=inputs,
            dynamo=True,
            verbose=False,
            input_names=list(inputs),
            output_names=["posteriors", "embedding"],
            dynamic_shapes=dynamic,
        )
    assert program is not None, "torch.onnx.export with dynamo returns a program"
    program.model.metadata_props[CARD_KEY] = json.dumps(card_to_json(card), sort_keys=True)
    with atomic_path(out) as beside:
        program.save(str(beside))


def _example(
    network: Network, card: ModelCard, taken: OnnxInput
) -> tuple[dict[str, Tensor], dict[str, dict[int, torch.export.Dim]]]:
    """Inputs of the right shapes, by name, and which of their dimensions may have another size."""
    batch, rows = torch.export.Dim("batch"), card.features.rows
    if taken == "waveform":
        inputs = {"waveform": torch.zeros(2, SAMPLE_RATE)}
    else:
        inputs = {"features": torch.zeros(2, rows, card.features.dims)}
        if network.encoder.is_padded():
            inputs["lengths"] = torch.full((2,), rows)
    if network.bottleneck.is_stochastic:
        inputs.update(noise=torch.zeros(2, network.encoder.dims_out))
    dynamic = {name: {0: batch} for name in inputs}
    if taken == "waveform":
        dynamic["waveform"][1] = torch.export.Dim("samples")
    return inputs, dynamic
