import numpy as np
import pytest
import soundfile
import torch

from menan.datadir.archive import read_scp, read_vector
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.features.dump.jobs import Order
from menan.features.dump.make_dump import dump_features
from menan.front_ends import KaldiFrontEnd
from menan.inference.infer import infer
from menan.inference.predict import predict
from menan.labels import EMOTIONS
from menan.model.model_file import save_model
from tests.training.training_example import build_network, model_card, model_with

FEATURES = KaldiFrontEnd(seconds=1.0)
CPU = torch.device("cpu")


@pytest.fixture(params=["none", "noise"])
def model(tmp_path, request):
    path = tmp_path / "m.safetensors"
    model = model_with(request.param)
    save_model(path, build_network(43, 2, 0, model), model_card(features=FEATURES, model=model))
    return path


def write_wav(path, seconds=1.4, rate=22050):
    rng = np.random.default_rng(0)
    soundfile.write(path, 0.1 * rng.normal(size=(int(seconds * rate), 2)), rate)
    return path


def test_prediction_from_a_file_is_that_of_dump_and_inference(model, tmp_path):
    wav = write_wav(tmp_path / "a-1.wav")
    (posteriors,) = predict(model, [wav], CPU)
    assert list(posteriors) == list(EMOTIONS)
    u = [Utterance(f"{s}-1", s, f"{s}-1", str(wav), ("ang",), 1.4) for s in "ab"]
    write_datadir(u, tmp_path / "data")
    dump_features(Order(tmp_path / "data", tmp_path / "dump", FEATURES))
    infer(model, tmp_path / "dump/feats.scp", tmp_path / "out", CPU)
    inferred = read_vector(read_scp(tmp_path / "out/posteriors.scp")["a-1"], "a-1")
    np.testing.assert_allclose(list(posteriors.values()), inferred, rtol=1e-5)


def test_a_file_too_short_for_a_frame_is_named(model, tmp_path):
    wav = write_wav(tmp_path / "short.wav", seconds=0.02)
    with pytest.raises(InputError, match=r"short\.wav: .* too short"):
        list(predict(model, [wav], CPU))
