"""Frozen speech encoders in Hugging Face format: loaded, checked and identified by a digest.

Only ``transformers`` reads them. Code that comes with an encoder never runs, and a tensor that a
checkpoint lacks is an error.
"""

import hashlib
import os
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import nn

from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE

# Parameters that are only read in training; checkpoints may lack them.
_UNREAD = {"masked_spec_embed"}
_WHISPER = "whisper"
_WINDOW, _SHIFT = 400, 160  # samples of a spectrogram's frame, and between two of them
# What transformers, safetensors and torch raise for folders that hold no encoder.
_FAULTS = (
    *(OSError, ValueError, LookupError, RuntimeError, ImportError, TypeError, AttributeError),
    *(SafetensorError, pickle.UnpicklingError, EOFError),
)


def load_encoder(name: str) -> tuple[Any, Any]:
    """The encoder of a folder or a hub name, and the feature extractor that makes its input.

    A hub name is looked up in the cache on this machine first, then on the hub.

    Returns:
        A ``PreTrainedModel`` in float32 on the CPU, frozen, and its ``FeatureExtractor``.

    Raises:
        InputError: transformers is not installed, no such encoder, one that takes no speech of
            16 kHz, or a checkpoint that lacks tensors.
    """
    try:
        import transformers
        from huggingface_hub.utils import logging as hub_logging
    except ImportError:
        raise InputError(
            "the front-end pretrained needs transformers: pip install 'menan[pretrained]'"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    hub_logging.set_verbosity_error()
    # Otherwise transformers asks a service to convert the PyTorch files of a hub name.
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = "1"
    is_local = Path(name).is_dir()
    if not is_local and (name.startswith((".", "/", "~")) or name.count("/") > 1):
        raise InputError(f"{name}: no such folder; name one with config.json and weights")
    try:
        encoder, prepare, found = _read(name, local_files_only=True)
    except _FAULTS as error:
        if is_local:
            raise InputError(
                f"{name}: no speech encoder that transformers can load ({_brief(error)}); name a "
                "folder with config.json, preprocessor_config.json and model.safetensors"
            ) from None
        encoder, prepare, found = _download(name)
    if lacking := sorted(set(found["missing_keys"]) - _UNREAD):
        raise InputError(
            f"{name}: the checkpoint lacks {len(lacking)} tensors of the encoder, such as "
            f"{lacking[0]}; download it again"
        )
    encoder.eval().requires_grad_(False)
    _check_speech(name, encoder, prepare)
    return encoder, prepare


def is_whisper(encoder: Any) -> bool:
    """Whether the encoder takes inputs of one length only, unless its position codes are cut."""
    return encoder.config.model_type == _WHISPER


def fewest_samples(encoder: Any, prepare: Any) -> int:
    """The samples that the first frame of hidden states takes."""
    config = encoder.config
    if not hasattr(config, "conv_kernel"):
        return _WINDOW + _SHIFT * (getattr(prepare, "stride", 1) - 1)
    samples = 1
    for kernel, stride in zip(config.conv_kernel[::-1], config.conv_stride[::-1], strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def digest_of(encoder: nn.Module) -> str:
    """Digest of the tensors that inference reads, as float32, sorted by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        if name not in _UNREAD:
            digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.float().cpu().contiguous().numpy().data)
    return digest.hexdigest()[:16]


def _read(name: str, local_files_only: bool) -> tuple[Any, Any, dict[str, Any]]:
    """The encoder, what makes its input, and which tensors were found."""
    import transformers
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    source: dict[str, Any] = {"local_files_only": local_files_only, "trust_remote_code": False}
    config = transformers.AutoConfig.from_pretrained(name, **source)
    prepare = transformers.AutoFeatureExtractor.from_pretrained(name, **source)
    if hasattr(config, "add_adapter"):
        config.add_adapter = False  # layers after the encoder, for a decoder of text
    options: dict[str, Any] = {
        "config": config,
        "dtype": torch.float32,
        "weights_only": True,
        "output_loading_info": True,
    }
    if config.model_type == _WHISPER:
        # Checkpoints hold the encoder alone, with a decoder, or below a classifier.
        options["key_mapping"] = {r"^(?:model\.)?encoder\.": ""}
        loaded: Any = WhisperEncoder.from_pretrained(name, **source, **options)
    else:
        loaded = transformers.AutoModel.from_pretrained(name, **source, **options)
    encoder, found = loaded
    return encoder, prepare, found


def _download(name: str) -> tuple[Any, Any, dict[str, Any]]:
    try:
        return _read(name, local_files_only=False)
    except _FAULTS as error:
        raise InputError(
            f"{name}: neither a folder, nor in the cache of this machine, nor on the Hugging Face "
            f"hub ({_brief(error)}); download the encoder elsewhere and name its folder"
        ) from None


def _brief(error: Exception) -> str:
    """The first sentence of an error that has several lines."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.split(r"(?<=[a-z)'])[.!] ", text)[0][:200].rstrip(".")


def _check_speech(name: str, encoder: Any, prepare: Any) -> None:
    """Refuse an encoder that takes no speech of 16 kHz, or gives no hidden states."""
    kind = encoder.config.model_type
    another = "name a speech encoder, such as wav2vec2, hubert, wavlm or whisper"
    if getattr(encoder, "main_input_name", "") not in ("input_values", "input_features"):
        raise InputError(f"{name}: a model of the type {kind}, which takes no speech; {another}")
    rate = getattr(prepare, "sampling_rate", None)
    if rate != SAMPLE_RATE:
        raise InputError(
            f"{name}: takes a sampling rate of {rate} Hz; expected {SAMPLE_RATE}; name another one"
        )
    if is_whisper(encoder):
        return
    try:
        short, long = _tried(encoder, prepare)
    except _FAULTS:
        raise InputError(
            f"{name}: a model of the type {kind}, which gives no hidden states of speech; {another}"
        ) from None
    if short == long:
        raise InputError(
            f"{name}: a model of the type {kind}, which brings all inputs to one length; {another}"
        )


def _tried(encoder: Any, prepare: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Try an encoder on noise.

    Returns:
        The shapes of its input for 0.25 s and for 0.5 s.

    Raises:
        ValueError: its output is not one hidden state more than it has layers.
    """
    noise = np.random.default_rng(0).normal(size=SAMPLE_RATE // 2).astype(np.float32)
    options = {"sampling_rate": SAMPLE_RATE, "return_tensors": "pt"}
    short = prepare(noise[: len(noise) // 2], **options)
    long = prepare(noise, **options)
    with torch.inference_mode():
        output = encoder(**long, output_hidden_states=True)
    states = [*output.hidden_states, output.last_hidden_state]
    expected = (1, len(states[0][0]), encoder.config.hidden_size)
    if len(states) != encoder.config.num_hidden_layers + 2:
        raise ValueError("not one hidden state per layer")
    if any(tuple(state.shape) != expected for state in states):
        raise ValueError("hidden states of other shapes")
    name = encoder.main_input_name
    return tuple(short[name].shape), tuple(long[name].shape)
