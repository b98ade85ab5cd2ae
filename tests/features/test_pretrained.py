"""The front-end ``pretrained``, on tiny random encoders in their own format and on Whisper."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from menan.errors import InputError
from menan.features.front_end import make_extractor, resolved, utterance_features
from menan.features.pretrained import PretrainedExtractor
from menan.front_ends import FrontEnd, KaldiFrontEnd
from tests.features.encoder_example import ARCHITECTURES, settings, speech, statistics

WHISPER = Path(__file__).resolve().parents[3] / "shared" / "whisper" / "whisper-tiny.en-encoder"


def librarys_own_states(folder: Path, samples: np.ndarray) -> list[torch.Tensor]:
    """The input of each layer and the output of the encoder, (1, frames, hidden_size) each."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    prepare = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = prepare(samples / 32768, sampling_rate=16000, return_tensors="pt")
    with torch.inference_mode():
        output = model(**inputs, output_hidden_states=True)
    return [*output.hidden_states[:-1], output.last_hidden_state]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_features_are_statistics_of_the_librarys_own_hidden_states(encoders, kind):
    folder = encoders(kind)
    samples = speech(1.3)
    states = librarys_own_states(folder, samples)
    extractor = make_extractor(settings(folder))
    features = extractor(samples)
    assert features.shape == (3, 32) == (extractor.settings.rows, extractor.settings.dims)
    np.testing.assert_allclose(features, statistics(states), atol=1e-5)
    for layer in (1, 2):
        frames = make_extractor(settings(folder, layers=str(layer), pool="none"))(samples)
        np.testing.assert_allclose(frames, states[layer][0], atol=1e-5)


def test_the_last_layer_is_after_the_layer_norm_at_the_end_of_the_encoder(encoders):
    """The library's hidden states lack it, and were changed in this between its versions."""
    folder = encoders("wav2vec2, layer norm")
    frames = make_extractor(settings(folder, layers="2", pool="none"))(speech(0.5))
    np.testing.assert_allclose(frames.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=1), 1, atol=1e-3)


def test_a_frame_that_the_library_masks_is_left_out(encoders):
    folder = encoders("w2v-BERT")
    samples = speech(1.31)  # 129 columns of the spectrogram: 64 pairs
    (states,) = librarys_own_states(folder, samples)[1]
    frames = make_extractor(settings(folder, layers="1", pool="none"))(samples)
    assert (len(states), len(frames)) == (65, 64)
    np.testing.assert_allclose(frames, states[:64], atol=1e-5)


@pytest.mark.parametrize("kind", ["whisper", "wav2vec2, group norm", "w2v-BERT"])
def test_the_encoder_and_its_inputs_are_on_the_device(encoders, kind):
    """The device ``meta`` computes shapes only; it refuses tensors of other devices."""
    expected = make_extractor(settings(encoders(kind))).settings
    extractor = PretrainedExtractor(settings(encoders(kind)), "meta")
    assert extractor.settings == expected
    if kind != "w2v-BERT":  # selects frames by the values of a mask
        states = extractor._hidden_states(speech(0.5) / 32768, range(3))
        assert states.device.type == "meta"
        assert (states.shape[0], states.shape[2]) == (3, 16)


def test_whisper_on_30_seconds_is_the_library_and_shorter_inputs_are_cut(encoders):
    folder = encoders("whisper")
    model = transformers.WhisperModel.from_pretrained(folder).encoder.eval()
    prepare = transformers.AutoFeatureExtractor.from_pretrained(folder)
    samples = speech(30)
    inputs = prepare(samples / 32768, sampling_rate=16000, return_tensors="pt")
    with torch.inference_mode():
        states = model(**inputs, output_hidden_states=True).hidden_states
    extractor = make_extractor(settings(folder))
    np.testing.assert_allclose(extractor(samples), statistics(states), atol=1e-5)
    first = make_extractor(settings(folder, layers="0", pool="none"))
    short = first(samples[: 16000 * 2 + 5])
    assert short.shape == (101, 16)
    # What enters the first layer depends on the neighbours only.
    np.testing.assert_allclose(short[:98], states[0][0][:98], atol=1e-5)
    np.testing.assert_array_equal(extractor(samples), extractor(samples), "after a short one")


def test_long_utterances_go_in_equal_pieces_whose_frames_are_pooled_together(encoders):
    folder = encoders("whisper")
    samples = speech(48)
    whole = make_extractor(settings(folder, seconds=60, layers="2", pool="none"))
    frames = whole(samples)
    halves = [whole(samples[: 24 * 16000]), whole(samples[24 * 16000 :])]
    np.testing.assert_array_equal(frames, np.concatenate(halves))
    assert whole.settings.pieces(48) == 2
    assert whole.settings.pieces(30) == 1
    pooled = make_extractor(settings(folder, seconds=60, layers="2"))(samples)
    wanted = np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
    np.testing.assert_allclose(pooled[0], wanted, atol=1e-4)


def test_another_encoder_is_refused_and_the_same_one_elsewhere_is_not(encoders, copied):
    first = make_extractor(settings(encoders("hubert"))).settings
    moved = first.located(str(copied("hubert")))
    assert make_extractor(moved).settings == moved
    assert first.difference(moved) is None
    with pytest.raises(InputError, match=rf"expected hubert with the digest {first.digest}"):
        make_extractor(first.located(str(encoders("wavlm"))))
    other = make_extractor(settings(encoders("wavlm"))).settings
    name, mine, theirs = first.difference(other)
    assert (name, mine.count(first.digest), theirs.count(other.digest)) == ("the encoder", 1, 1)
    assert first.difference(KaldiFrontEnd())[0] == "front_end"
    with pytest.raises(InputError, match="has no pretrained encoder"):
        KaldiFrontEnd().located("x")


def test_settings_are_resolved_once_and_survive_a_record(encoders):
    unresolved = settings(encoders("hubert"), layers="1-2")
    assert not unresolved.is_resolved
    whole = resolved(unresolved)
    assert (whole.rows, whole.dims, whole.is_resolved) == (2, 32, True)
    assert resolved(whole) is whole
    assert FrontEnd.from_plain(whole.to_plain(), "x") == whole


@pytest.mark.parametrize("fact", ["hidden_states", "model_type", "inputs", "padding"])
def test_a_fact_in_the_settings_is_a_demand(encoders, fact):
    wrong = {"hidden_states": 7}.get(fact, "another")
    with pytest.raises(InputError, match=rf"{fact} of this encoder is .*; expected {wrong!r}"):
        make_extractor(settings(encoders("hubert"), **{fact: wrong}))


def test_features_of_another_normalisation_are_other_features(encoders, copied):
    folder = copied("hubert")
    preprocessor = folder / "preprocessor_config.json"
    content = json.loads(preprocessor.read_text())
    preprocessor.write_text(json.dumps({**content, "do_normalize": not content["do_normalize"]}))
    first = make_extractor(settings(encoders("hubert"))).settings
    second = make_extractor(settings(folder)).settings
    assert first.digest == second.digest
    assert first.difference(second)[0] == "inputs"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"layers": "some"}, "expected all, 3 or 2-6"),
        ({"layers": "4-2"}, "expected all, 3 or 2-6"),
        ({"layers": "1-3"}, "the encoder has the layers 0 to 2"),
        ({"pool": "none"}, "pool none takes one layer"),
        ({"pool": "max"}, "pool must be none or stats"),
    ],
)
def test_wrong_settings_are_refused(encoders, options, complaint):
    with pytest.raises(InputError, match=complaint):
        make_extractor(settings(encoders("hubert"), **options))


def test_too_short_an_utterance_is_refused(encoders):
    extractor = make_extractor(settings(encoders("hubert")))
    with pytest.raises(InputError, match="399 samples at 16 kHz are too short"):
        extractor(speech(0.1)[:399])
    assert np.isfinite(extractor(speech(0.1)[:400])).all()
    pairs = make_extractor(settings(encoders("w2v-BERT")))
    with pytest.raises(InputError, match=r"559 samples at 16 kHz are too short .* takes 560"):
        pairs(speech(0.1)[:559])
    assert np.isfinite(pairs(speech(0.1)[:560])).all()


@pytest.mark.skipif(not WHISPER.is_dir(), reason="../shared/whisper is not there")
def test_whisper_hears_the_same_on_any_number_of_threads():
    extractor = PretrainedExtractor(settings(WHISPER, layers="all"))
    assert (extractor.settings.rows, extractor.settings.dims) == (5, 768)
    samples = speech(1.0)
    features = utterance_features(samples, 16000, extractor.settings, extractor)
    torch.set_num_threads(2)
    again = utterance_features(samples, 16000, extractor.settings, extractor)
    torch.set_num_threads(1)
    np.testing.assert_array_equal(features, again)
