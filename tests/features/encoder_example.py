"""Tiny random encoders in their own format, for the tests of the front-end ``pretrained``."""

import json
from pathlib import Path

import numpy as np
import torch
import transformers

from menan.front_ends import PretrainedFrontEnd

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 32}
CONVOLVED = {**SMALL, "conv_dim": (8,) * 7, "num_conv_pos_embeddings": 16}
GROUPS = {"num_conv_pos_embedding_groups": 2}
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
ARCHITECTURES = {
    "wav2vec2, group norm": ("Wav2Vec2", {**CONVOLVED, **GROUPS}),
    "wav2vec2, layer norm": ("Wav2Vec2", {**CONVOLVED, **GROUPS, **STABLE}),
    "hubert": ("Hubert", {**CONVOLVED, **GROUPS}),
    "wavlm": ("WavLM", {**CONVOLVED, **GROUPS}),
    "data2vec-audio": ("Data2VecAudio", {**SMALL, "conv_dim": (8,) * 7, **GROUPS}),
    "w2v-BERT": ("Wav2Vec2Bert", SMALL),
}


def write_encoder(folder: Path, kind: str) -> Path:
    """A random encoder with its feature extractor, as the library saves them."""
    torch.manual_seed(3)
    if kind == "whisper":
        config = transformers.WhisperConfig(
            d_model=16,
            encoder_layers=2,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            vocab_size=20,
            pad_token_id=1,
            bos_token_id=1,
            eos_token_id=1,
            decoder_start_token_id=1,
            max_target_positions=8,
        )
        model = transformers.WhisperForConditionalGeneration(config)
        transformers.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    else:
        name, settings = ARCHITECTURES[kind]
        model = getattr(transformers, f"{name}Model")(
            getattr(transformers, f"{name}Config")(**settings)
        )
        extractors = {"Wav2Vec2Bert": transformers.SeamlessM4TFeatureExtractor}
        extractors.get(name, transformers.Wav2Vec2FeatureExtractor)().save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def write_other_model(folder: Path, kind: str) -> None:
    """Replace an encoder by a model that is not one of speech as menan reads it."""
    if kind == "text":
        model = transformers.BertModel(transformers.BertConfig(**SMALL, vocab_size=20))
    elif kind == "vision":
        model = transformers.ViTModel(transformers.ViTConfig(**SMALL, image_size=32))
        (folder / "preprocessor_config.json").write_text(
            json.dumps({"image_processor_type": "ViTImageProcessor", "size": 32})
        )
    elif kind == "spectrogram":
        model = transformers.ASTModel(transformers.ASTConfig(**SMALL, max_length=64))
        transformers.ASTFeatureExtractor(max_length=64).save_pretrained(folder)
    else:
        config = transformers.Speech2TextConfig(
            d_model=16,
            vocab_size=20,
            encoder_layers=1,
            decoder_layers=1,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
        )
        model = transformers.Speech2TextModel(config)
        transformers.Speech2TextFeatureExtractor().save_pretrained(folder)
    model.save_pretrained(folder)


def speech(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (3000 * rng.normal(size=round(16000 * seconds))).astype(np.float32)


def settings(folder, **options) -> PretrainedFrontEnd:
    return PretrainedFrontEnd(pretrained=str(folder), **options)


def statistics(hidden_states) -> np.ndarray:
    return np.stack(
        [np.concatenate([h[0].mean(0), h[0].std(0, correction=0)]) for h in hidden_states]
    )
