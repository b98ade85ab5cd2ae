import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from menan import __version__
from menan.errors import InputError
from menan.front_ends import KaldiFrontEnd
from menan.model.model_file import card_to_json, load_model, save_model
from menan.settings import MaxEntropySettings
from tests.training.training_example import build_network, model_card

CARD = model_card(
    objective=MaxEntropySettings(lambda_=0.3),
    seed=2,
    speakers=("a", "b", "c"),
    group="g01",
    test="t",
    valid="v",
    rule="best-ua",
    epoch=7,
    features=KaldiFrontEnd(seconds=2.0, speeds=(0.9, 1.0)),
    version=__version__,
)


def test_a_model_comes_back_whole_with_its_card(tmp_path):
    network = build_network(43, 3, 0)
    network.encoder.mean.fill_(1.5)
    save_model(tmp_path / "m.safetensors", network, CARD)
    loaded, card = load_model(tmp_path / "m.safetensors", "cpu")
    assert card == CARD
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save_model(tmp_path / name, build_network(43, 3, 0), CARD)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


class Payload:
    def __reduce__(self):
        return (open, ("/tmp/menan-payload-ran", "w"))


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x00" * 64, pickle.dumps(Payload()), b"\xff" * 8 + b"{}"]
)
def test_a_file_that_is_not_a_model_is_refused_and_not_executed(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"m\.safetensors: not a model file"):
        load_model(path, "cpu")


def change_card(**changes):
    return {"menan": json.dumps(card_to_json(CARD) | changes)}


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"menan": "{"},
        {"menan": "[]"},
        change_card(unknown=1),
        change_card(speakers=None),
        change_card(features={"seconds": "long"}),
        change_card(emotions=["ang"]),
        change_card(speakers=["a"]),
    ],
)
def test_a_damaged_card_is_refused(tmp_path, metadata):
    path = tmp_path / "m.safetensors"
    weights = {k: v.contiguous() for k, v in build_network(43, 3, 0).state_dict().items()}
    save_file(weights, path, metadata=metadata)
    with pytest.raises(InputError, match=r"m\.safetensors"):
        load_model(path, "cpu")


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.safetensors: no such model file"):
        load_model(tmp_path / "none.safetensors", "cpu")
