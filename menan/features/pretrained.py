"""The front-end ``pretrained``: hidden states of a frozen speech encoder, by ``transformers``.

One utterance is processed at a time. So others never change its features: some encoders normalise
over time with the padding of a batch included.
"""

import hashlib
import math
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE, one_thread
from menan.front_ends import PretrainedFrontEnd

FULL_SCALE = 32768  # of 16-bit integers; encoders read samples between -1 and 1
_FEWEST = 400  # samples: 25 ms, the window of all these encoders
# Parameters that are only read in training; checkpoints may lack them.
_UNREAD = {"masked_spec_embed"}
_WHISPER = "whisper"
_WHISPER_FRAME = 320  # samples
# What transformers, safetensors and torch raise for folders that hold no encoder.
_FAULTS = (
    *(OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError),
    *(SafetensorError, pickle.UnpicklingError),
)


class PretrainedExtractor:
    """Hidden states of 16 kHz samples.

    On the CPU they repeat to the bit, whatever the number of threads.

    settings: with the facts about the encoder filled in.

    Raises:
        InputError: no such encoder, one that takes no speech of 16 kHz, a checkpoint that lacks
            tensors, or an encoder other than the settings demand.
    """

    def __init__(self, settings: PretrainedFrontEnd, device: str = "cpu"):
        self.device = torch.device(device)
        self.encoder, self.prepare = _load(settings.pretrained)
        self.encoder.to(self.device)
        config = self.encoder.config
        self.is_whisper = config.model_type == _WHISPER
        self.positions = self.encoder.embed_positions.weight if self.is_whisper else None
        longest = 0.0
        if self.positions is not None:
            longest = len(self.positions) * _WHISPER_FRAME / SAMPLE_RATE
        facts: dict[str, Any] = {
            "digest": _digest(self.encoder),
            "model_type": config.model_type,
            "hidden_size": config.hidden_size,
            "hidden_states": config.num_hidden_layers + 1,
            "longest": longest,
            "padding": "position codes cut to the utterance" if self.is_whisper else "none",
        }
        _check_demands(settings, facts)
        self.settings = replace(settings, **facts)
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
        if len(samples) < _FEWEST:
            raise InputError(
                f"{len(samples)} samples at 16 kHz are too short for one frame, which takes "
                f"{_FEWEST}; remove the utterance from the data"
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
        return torch.stack([torch.cat([part[layer][0] for part in parts]) for layer in layers])

    def _piece(self, samples: np.ndarray) -> tuple[Tensor, ...]:
        options: dict[str, Any] = {"sampling_rate": SAMPLE_RATE, "return_tensors": "pt"}
        if self.is_whisper:
            # Whole frames: the second convolution takes every other column of the spectrogram.
            samples = np.pad(samples, (0, -len(samples) % _WHISPER_FRAME))
            options["padding"] = False
            self._cut_positions(len(samples) // _WHISPER_FRAME)
        inputs = self.prepare(samples, **options).to(self.device)
        return self.encoder(**inputs, output_hidden_states=True).hidden_states

    def _cut_positions(self, frames: int) -> None:
        """Make Whisper's encoder take this many frames; by itself it takes 30 s only."""
        assert self.positions is not None
        self.encoder.config.max_source_positions = frames
        self.encoder.embed_positions = nn.Embedding.from_pretrained(self.positions[:frames])


def _load(name: str) -> tuple[Any, Any]:
    """The encoder, and what makes its input from samples."""
    try:
        import transformers
        from transformers.models.whisper.modeling_whisper import WhisperEncoder
    except ImportError:
        raise InputError(
            "the front-end pretrained needs transformers: pip install 'menan[pretrained]'"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    is_local = Path(name).is_dir()
    if not is_local and (name.startswith((".", "/", "~")) or name.count("/") > 1):
        raise InputError(f"{name}: no such folder; name one with config.json and weights")
    try:
        config = transformers.AutoConfig.from_pretrained(name, trust_remote_code=False)
        prepare = transformers.AutoFeatureExtractor.from_pretrained(name, trust_remote_code=False)
        options: dict[str, Any] = {
            "config": config,
            "dtype": torch.float32,
            "weights_only": True,
            "output_loading_info": True,
        }
        if config.model_type == _WHISPER:
            # Checkpoints hold the encoder alone, with a decoder, or below a classifier.
            mapping = {r"^(?:model\.)?encoder\.": ""}
            loaded: Any = WhisperEncoder.from_pretrained(name, key_mapping=mapping, **options)
        else:
            loaded = transformers.AutoModel.from_pretrained(name, **options)
        encoder, found = loaded
    except _FAULTS as error:
        raise InputError(_reason(name, is_local, error)) from None
    if lacking := sorted(set(found["missing_keys"]) - _UNREAD):
        raise InputError(
            f"{name}: the checkpoint lacks {len(lacking)} tensors of the encoder, such as "
            f"{lacking[0]}; download it again"
        )
    _check_input(name, encoder, prepare)
    return encoder.eval().requires_grad_(False), prepare


def _reason(name: str, is_local: bool, error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    if is_local:
        return (
            f"{name}: no speech encoder that transformers can load ({text}); name a folder with "
            "config.json, preprocessor_config.json and model.safetensors"
        )
    return (
        f"{name}: not a folder here, and not found on the Hugging Face hub ({text}); download the "
        "encoder and name its folder"
    )


def _check_input(name: str, encoder: Any, prepare: Any) -> None:
    if encoder.main_input_name not in ("input_values", "input_features"):
        raise InputError(
            f"{name}: a model of the type {encoder.config.model_type}, which takes no speech; name "
            "a speech encoder, such as wav2vec2, hubert, wavlm or whisper"
        )
    rate = getattr(prepare, "sampling_rate", None)
    if rate != SAMPLE_RATE:
        raise InputError(
            f"{name}: takes a sampling rate of {rate} Hz; expected {SAMPLE_RATE}; name another one"
        )


def _check_demands(settings: PretrainedFrontEnd, facts: dict[str, Any]) -> None:
    """Refuse another encoder than the settings name by its digest."""
    if settings.digest and settings.digest != facts["digest"]:
        raise InputError(
            f"{settings.pretrained}: this encoder has the digest {facts['digest']}; expected "
            f"{settings.model_type or 'one'} with the digest {settings.digest}; name its folder "
            "with --pretrained"
        )


def _digest(encoder: nn.Module) -> str:
    """Digest of the tensors that inference reads, as float32, sorted by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        if name not in _UNREAD:
            digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.float().contiguous().numpy().data)
    return digest.hexdigest()[:16]
