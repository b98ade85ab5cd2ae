"""The front-end ``pretrained``: hidden states of a frozen speech encoder, by ``transformers``.

One utterance is processed at a time. So others never change its features: some encoders normalise
over time with the padding of a batch included.
"""

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from menan.device import one_thread
from menan.errors import InputError
from menan.features.pretrained_encoder import digest_of, fewest_samples, is_whisper, load_encoder
from menan.features.waveform import SAMPLE_RATE
from menan.front_ends import PretrainedFrontEnd

FULL_SCALE = 32768  # of 16-bit integers; encoders read samples between -1 and 1
_WHISPER_FRAME = 320  # samples


class PretrainedExtractor:
    """Hidden states of 16 kHz samples.

    On the CPU they repeat to the bit, whatever the number of threads.

    settings: with the facts about the encoder filled in.

    Raises:
        InputError: as :func:`menan.features.pretrained_encoder.load_encoder`, or an encoder other
            than the settings demand.
    """

    def __init__(self, settings: PretrainedFrontEnd, device: str = "cpu"):
        self.device = torch.device(device)
        self.encoder, self.prepare = load_encoder(settings.pretrained)
        facts = _facts(self.encoder, self.prepare)
        _check_demands(settings, facts)
        self.settings = replace(settings, **facts)
        self.fewest = fewest_samples(self.encoder, self.prepare)
        self.encoder.to(self.device)
        self.positions: Tensor | None = None  # Whisper's position codes, (frames, hidden_size)
        if is_whisper(self.encoder):
            self.positions = self.encoder.embed_positions.weight
        if self.settings.pool == "none" and not self.settings.frames:
            silence = np.zeros(round(self.settings.seconds * SAMPLE_RATE), np.float32)
            frames = self._hidden_states(silence, self.settings.chosen[:1]).shape[1]
            self.settings = replace(self.settings, frames=frames)

    @one_thread()
    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Frames of one layer (frames, hidden_size), or statistics (layers, 2 * hidden_size).

        Args:
            samples: float32 (n,) on the scale of 16-bit integers.

        Raises:
            InputError: fewer samples than one frame has.
        """
        if len(samples) < self.fewest:
            raise InputError(
                f"{len(samples)} samples at 16 kHz are too short for one frame, which takes "
                f"{self.fewest}; remove the utterance from the data"
            )
        states = self._hidden_states(samples / np.float32(FULL_SCALE), self.settings.chosen)
        if self.settings.pool == "none":
            return states[0].cpu().numpy()
        mean, std = states.mean(dim=1), states.std(dim=1, correction=0)
        return torch.cat([mean, std], dim=1).cpu().numpy()

    @torch.inference_mode()
    def _hidden_states(self, samples: np.ndarray, layers: range) -> Tensor:
        """(layers, frames, hidden_size); an utterance too long for the encoder in equal pieces."""
        pieces = self.settings.pieces(len(samples) / SAMPLE_RATE)
        size = math.ceil(len(samples) / pieces)
        parts = [self._piece(samples[i : i + size]) for i in range(0, len(samples), size)]
        return torch.stack([torch.cat([part[layer] for part in parts]) for layer in layers])

    def _piece(self, samples: np.ndarray) -> list[Tensor]:
        """The hidden states, each (frames, hidden_size)."""
        options: dict[str, Any] = {"sampling_rate": SAMPLE_RATE, "return_tensors": "pt"}
        if self.positions is not None:
            # Whole frames: the second convolution takes every other column of the spectrogram.
            samples = np.pad(samples, (0, -len(samples) % _WHISPER_FRAME))
            options["padding"] = False
            self._cut_positions(self.positions[: len(samples) // _WHISPER_FRAME])
        inputs = self.prepare(samples, **options).to(self.device)
        # float32 on GPUs too, which compute convolutions in fewer bits by default.
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            output = self.encoder(**inputs, output_hidden_states=True)
        # Where a layer norm follows the last layer, the library's last hidden state is without it.
        states = [*output.hidden_states[:-1], output.last_hidden_state]
        mask = inputs.get("attention_mask")
        if mask is None or mask.shape != states[0].shape[:2]:
            return [state[0] for state in states]
        # w2v-BERT takes pairs of columns of the spectrogram; it masks a last one without a partner.
        return [state[0, mask[0].bool()] for state in states]

    def _cut_positions(self, positions: Tensor) -> None:
        """Make Whisper's encoder take inputs of this many frames; by itself it takes 30 s only."""
        self.encoder.config.max_source_positions = len(positions)
        self.encoder.embed_positions = nn.Embedding.from_pretrained(positions)


def _facts(encoder: Any, prepare: Any) -> dict[str, Any]:
    """The facts that :class:`menan.pretrained_front_end.PretrainedFrontEnd` keeps."""
    config, longest, padding = encoder.config, 0.0, "none"
    if is_whisper(encoder):
        longest = len(encoder.embed_positions.weight) * _WHISPER_FRAME / SAMPLE_RATE
        padding = "position codes cut to the utterance"
    options = ("feature_size", "do_normalize")
    described = [f"{name} {getattr(prepare, name)}" for name in options if hasattr(prepare, name)]
    return {
        "digest": digest_of(encoder),
        "model_type": config.model_type,
        "hidden_size": config.hidden_size,
        "hidden_states": config.num_hidden_layers + 1,
        "longest": longest,
        "inputs": ", ".join([encoder.main_input_name, *described]),
        "padding": padding,
    }


def _check_demands(settings: PretrainedFrontEnd, facts: dict[str, Any]) -> None:
    """Refuse an encoder whose digest, or another fact, is not the one in the settings."""
    if settings.digest and settings.digest != facts["digest"]:
        raise InputError(
            f"{settings.pretrained}: this encoder has the digest {facts['digest']}; expected "
            f"{settings.model_type or 'one'} with the digest {settings.digest}; name its folder "
            "with --pretrained"
        )
    default = {field.name: field.default for field in fields(settings)}
    for name, fact in facts.items():
        if (demand := getattr(settings, name)) not in (default[name], fact):
            raise InputError(
                f"{settings.pretrained}: {name} of this encoder is {fact!r}; expected {demand!r}; "
                "name another folder with --pretrained"
            )
