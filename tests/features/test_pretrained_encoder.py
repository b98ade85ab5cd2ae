"""Encoders of the front-end ``pretrained``: what is read, what is refused, and the digest."""

import json
import pickle
import shutil
import socket
import sys
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file

from menan.errors import InputError
from menan.features.front_end import make_extractor
from tests.features.encoder_example import settings, write_other_model


def test_the_digest_is_that_of_the_encoder_without_other_parts_of_the_file(encoders, copied):
    extractor = make_extractor(settings(encoders("whisper")))
    folder = copied()
    weights = load_file(folder / "model.safetensors")
    # Halves that float32 holds exactly: the same weights in another precision.
    halves = {name: value.half() for name, value in weights.items()}
    save_file({k: v.float() for k, v in halves.items()}, folder / "model.safetensors")
    single = make_extractor(settings(folder)).settings.digest
    save_file(halves, folder / "model.safetensors")
    half = make_extractor(settings(folder)).settings.digest
    alone = {k.removeprefix("model."): v for k, v in halves.items() if "encoder." in k}
    alone = {k: v for k, v in alone.items() if k.startswith("encoder.")}
    save_file(alone, folder / "model.safetensors")
    without_decoder = make_extractor(settings(folder)).settings.digest
    assert single == half == without_decoder != extractor.settings.digest


def test_a_checkpoint_of_pytorch_is_read_and_a_pickle_that_runs_code_is_not(copied, tmp_path):
    folder = copied("hubert")
    before = make_extractor(settings(folder)).settings.digest
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert make_extractor(settings(folder)).settings.digest == before

    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save({**weights, "trap": Trap()}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="no speech encoder that transformers can load") as error:
        make_extractor(settings(folder))
    assert "\n" not in str(error.value)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(InputError):
        make_extractor(settings(folder))
    assert not (tmp_path / "ran").exists()


def test_code_that_comes_with_an_encoder_does_not_run(copied, tmp_path):
    folder = copied("hubert")
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass M: pass\n")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "trap.M", "AutoConfig": "trap.M"}
    (folder / "config.json").write_text(json.dumps(config))
    make_extractor(settings(folder))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "of its own"}))
    with pytest.raises(InputError):
        make_extractor(settings(folder))
    assert not (tmp_path / "ran").exists()


def test_missing_tensors_are_never_replaced_by_random_ones(copied):
    folder = copied()
    weights = load_file(folder / "model.safetensors")
    del weights["model.encoder.layers.1.fc1.weight"]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"lacks 1 tensors of the encoder, such as layers\.1\.fc1"):
        make_extractor(settings(folder))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("rate", "takes a sampling rate of 8000 Hz; expected 16000"),
        ("no preprocessor", "preprocessor_config.json"),
        ("cut", "no speech encoder that transformers can load"),
        ("text", "a model of the type bert, which takes no speech"),
        ("translation", "a model of the type speech_to_text, which gives no hidden states"),
        ("spectrogram", "which brings all inputs to one length"),
        ("vision", "no speech encoder that transformers can load|takes no speech"),
    ],
)
def test_other_folders_are_one_line(copied, damage, complaint):
    folder = copied("hubert")
    preprocessor = folder / "preprocessor_config.json"
    if damage == "rate":
        content = json.loads(preprocessor.read_text())
        preprocessor.write_text(json.dumps({**content, "sampling_rate": 8000}))
    elif damage == "no preprocessor":
        preprocessor.unlink()
    elif damage == "cut":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:3000])
    else:
        write_other_model(folder, damage)
    with pytest.raises(InputError, match=complaint) as error:
        make_extractor(settings(folder))
    assert "\n" not in str(error.value)


def test_a_hub_name_is_read_from_the_cache_without_the_network(encoders, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    cached = tmp_path / "models--menan--tiny"
    shutil.copytree(encoders("hubert"), cached / "snapshots" / "0123abcd")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0123abcd")
    found = make_extractor(settings("menan/tiny")).settings
    assert found.digest == make_extractor(settings(encoders("hubert"))).settings.digest


def test_a_hub_name_that_cannot_be_read_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"nor in the cache of this machine.*name its folder") as e:
        make_extractor(settings("menan/tiny"))
    assert "\n" not in str(e.value)
    assert capsys.readouterr() == ("", "")


def test_without_transformers_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"pip install 'menan\[pretrained\]'"):
        make_extractor(settings("menan/tiny"))
