import json
import subprocess
import sys
from hashlib import sha256
from itertools import combinations

import numpy as np
import pytest
import torch

from menan.config import RunsConfig, TrainingConfig
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.dump_directory import open_dump
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features.store import load_frames
from menan.front_ends import KaldiFrontEnd
from menan.inference import infer as inference
from menan.inference.infer import infer, log_posteriors_and_embeddings
from menan.inference.model_paths import system_directories
from menan.inference.noise_key import NoiseKey, NoiseSeed
from menan.inference.outputs import read_model_cards
from menan.labels import IEMOCAP_EMOTIONS, LabelSet
from menan.model.model_file import load_model, save_model
from menan.training.selection import HeldOut
from tests.training.training_example import build_network, model_card, model_with, train_runs

CPU = torch.device("cpu")


@pytest.fixture
def trained(make_dump, tmp_path):
    """A dump with speed copies, and a system of two groups trained on it."""
    feats = make_dump(speeds=(0.9, 1.0))
    runs = RunsConfig(hold_out=("each",))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=2), runs, CPU)
    return feats, tmp_path / "exp/menan_seed0"


def posteriors_of(directory):
    scp = read_scp(directory / "posteriors.scp")
    return {utt: read_vector(place, utt) for utt, place in scp.items()}


def test_one_model_gives_outputs_for_all_originals(trained, tmp_path):
    feats, system = trained
    model = system / "g01/spk00.best-ua.safetensors"
    assert infer(model, feats, tmp_path / "out", CPU) == [tmp_path / "out"]
    posteriors = posteriors_of(tmp_path / "out")
    hypotheses = read_table(tmp_path / "out/utt2emo")
    assert len(posteriors) == 4 * 4 * 2
    assert not any("-sp" in utt for utt in posteriors)
    for utt, p in posteriors.items():
        assert p.sum() == pytest.approx(1, abs=1e-5)
        assert hypotheses[utt] == IEMOCAP_EMOTIONS.names[p.argmax()]
    embedding = read_vector(next(iter(read_scp(tmp_path / "out/embeddings.scp").values())), "")
    assert embedding.shape == (96,)
    assert read_model_cards(tmp_path / "out")[0].test == "spk00"


def test_inference_repeats_the_posteriors_of_training_for_held_out_speakers(trained, tmp_path):
    feats, system = trained
    infer(system / "g01/spk00.last.safetensors", feats, tmp_path / "out", CPU)
    posteriors = posteriors_of(tmp_path / "out")
    heldout = HeldOut.load(system / "g01/heldout.npz")
    for utt, log_p in zip(heldout.utts, heldout.log_posteriors[-1], strict=True):
        np.testing.assert_allclose(posteriors[utt], np.exp(log_p), rtol=1e-4, atol=1e-6)


def test_folds_with_equal_networks_run_it_once_and_write_the_same(trained, tmp_path, monkeypatch):
    feats, system = trained
    asked = []

    def counted(*arguments):
        asked.append(arguments)
        return log_posteriors_and_embeddings(*arguments)

    monkeypatch.setattr(inference, "log_posteriors_and_embeddings", counted)
    folders = infer(system, feats, tmp_path / "out", CPU, rule="last")
    assert (len(folders), len(asked)) == (4, 2)  # two groups of two speakers
    first, second, third, _ = (posteriors_of(folder) for folder in folders)
    assert all(np.array_equal(first[utt], second[utt]) for utt in first)
    assert not any(np.array_equal(first[utt], third[utt]) for utt in first)


@pytest.mark.parametrize("bottleneck", ["noise", "fsq"])
def test_inference_draws_the_noise_of_the_evaluation_in_training(make_dump, tmp_path, bottleneck):
    feats = make_dump()
    model = model_with(bottleneck, **({"sigma": 3.0} if bottleneck == "noise" else {}))
    runs = RunsConfig(hold_out=("g01",))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=1), runs, CPU, model)
    (system,) = tmp_path.glob("exp/menan*_seed0")
    noise = NoiseSeed(0)
    infer(system / "g01/spk00.last.safetensors", feats, tmp_path / "out", CPU, noise=noise)
    posteriors = posteriors_of(tmp_path / "out")
    heldout = HeldOut.load(system / "g01/heldout.npz")
    for utt, log_p in zip(heldout.utts, heldout.log_posteriors[-1], strict=True):
        np.testing.assert_allclose(posteriors[utt], np.exp(log_p), rtol=1e-4, atol=1e-6)


def test_noise_follows_its_source_and_number_of_draws(make_dump, tmp_path):
    feats = make_dump()
    runs = RunsConfig(hold_out=("g01",))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=1), runs, CPU, model_with("noise"))
    (model,) = tmp_path.glob("exp/menan*_seed0/g01/spk00.last.safetensors")
    found = {}
    for name, options in {
        "first": {"noise": NoiseSeed(0)},
        "again": {"noise": NoiseSeed(0)},
        "other": {"noise": NoiseSeed(1)},
        "fresh": {},
        "next": {},
        "mean": {"noise": NoiseKey(bytes(32)), "draws": 2000},
    }.items():
        infer(model, feats, tmp_path / name, CPU, **options)
        scp = read_scp(tmp_path / name / "embeddings.scp")
        found[name] = np.stack([read_vector(place, utt) for utt, place in scp.items()])
    np.testing.assert_array_equal(found["first"], found["again"])
    for one, other in combinations(("first", "other", "fresh", "next"), 2):
        assert np.std(found[one] - found[other]) == pytest.approx(np.sqrt(2), rel=0.1)
    # u, whose mean square is 1; one draw has the noise's too.
    assert np.mean(found["mean"] ** 2) == pytest.approx(1, rel=0.01)
    assert np.mean(found["first"] ** 2) == pytest.approx(2, rel=0.1)
    noise = json.loads((tmp_path / "mean/models.json").read_text())["noise"]
    assert noise == {"source": "discarded key", "draws": 2000}


def test_draws_of_an_embedding_without_noise_are_refused(trained, tmp_path):
    feats, system = trained
    with pytest.raises(InputError, match="--draws 32, but the bottleneck is none"):
        infer(system, feats, tmp_path / "out", CPU, draws=32)
    assert infer(system, feats, tmp_path / "out", CPU, draws=32, skip_deterministic=True) == []
    assert not (tmp_path / "out").exists()


def test_an_experiment_is_all_of_its_systems_and_a_system_is_itself(trained):
    _, system = trained
    assert system_directories(system.parent) == [system]
    assert system_directories(system) == [system]
    model = next(system.glob("*/*.safetensors"))
    assert system_directories(model) == [model]


def test_a_job_without_a_system_reports_it_without_importing_torch(tmp_path):
    (tmp_path / "exp/menan_seed0/g01").mkdir(parents=True)
    (tmp_path / "exp/menan_seed0/g01/spk00.last.safetensors").touch()
    code = (
        "import sys; from menan_bin.menan_infer import app;"
        "app(sys.argv[1:], standalone_mode=False); assert 'torch' not in sys.modules"
    )
    options = ["--model", "exp", "--feats", "feats.scp", "--out", "out", "--share", "2/2"]
    command = [sys.executable, "-c", code, *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "--share 2/2: no system is left for this job; nothing written\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", [2, 7, 8, 50])
def test_the_output_has_the_labels_of_the_model_whatever_those_of_the_dump(
    make_dump, tmp_path, count
):
    labels = LabelSet(tuple(f"label{i}" for i in range(count)))
    network = build_network(43, 2, 0, emotions=count)
    save_model(tmp_path / "m.safetensors", network, model_card(emotions=labels))
    infer(tmp_path / "m.safetensors", make_dump(), tmp_path / "out", CPU)
    assert (tmp_path / "out/emotions").read_text().split() == list(labels)
    for utt, p in posteriors_of(tmp_path / "out").items():
        assert p.shape == (count,)
        assert read_table(tmp_path / "out/utt2emo")[utt] == labels.names[p.argmax()]


def test_folds_with_different_labels_are_not_written_together(make_dump, tmp_path):
    feats, system = make_dump(), tmp_path / "menan_seed0"
    for speaker, labels in (("spk00", ("no", "yes")), ("spk01", ("yes", "no"))):
        card = model_card(emotions=LabelSet(labels), group="g01", test=speaker)
        save_model(
            system / f"g01/{speaker}.last.safetensors", build_network(43, 2, 0, emotions=2), card
        )
    with pytest.raises(InputError, match="folds spk00 and spk01 have different emotions"):
        infer(system, feats, tmp_path / "out", CPU, "last", test_speakers_only=True)


def test_the_folds_of_a_system_write_their_test_speakers_together(trained, tmp_path):
    feats, system = trained
    infer(system, feats, tmp_path / "test", CPU, test_speakers_only=True)
    infer(system, feats, tmp_path / "all", CPU)
    together = posteriors_of(tmp_path / "test")
    assert len(together) == 4 * 4 * 2
    for speaker in ("spk00", "spk01", "spk02", "spk03"):
        own = posteriors_of(tmp_path / "all" / speaker)
        for utt in own:
            if utt.startswith(speaker):
                np.testing.assert_allclose(together[utt], own[utt], rtol=1e-4, atol=1e-6)


def test_features_that_the_model_was_not_trained_on_are_refused(trained, tmp_path, make_dump):
    _, system = trained
    other = make_dump("other", features=KaldiFrontEnd(seconds=0.6))
    with pytest.raises(InputError, match=r"with seconds 0\.5, but .* has 0\.6"):
        infer(system / "g01/spk00.last.safetensors", other, tmp_path / "out", CPU)


def test_an_absent_test_speaker_is_named(trained, tmp_path, make_dump):
    _, system = trained
    other = make_dump("other", prefix="x")
    with pytest.raises(InputError, match="no utterance of the test speaker 'spk00'"):
        infer(system, other, tmp_path / "out", CPU, test_speakers_only=True)


def test_a_system_without_models_is_refused(tmp_path, make_dump):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \*/\*\.best-ua\.safetensors found"):
        infer(tmp_path / "empty", make_dump(), tmp_path / "out", CPU)


def test_batches_do_not_change_the_outputs_for_an_utterance(make_dump):
    dump = open_dump(make_dump(utts_per_emotion=6))  # 96 utterances: two batches
    store = load_frames(dump, list(dump.scp), CPU)
    network = build_network(43, 4, 0)
    log_p, v = log_posteriors_and_embeddings(network, store, torch.arange(96), 47)
    assert v.shape == (96, 96)
    one, _ = log_posteriors_and_embeddings(network, store, torch.tensor([70]), 47)
    torch.testing.assert_close(log_p[70:71], one)


def test_blocks_of_the_frames_give_the_bits_of_all_frames_at_once(
    trained, make_dump, tmp_path, monkeypatch
):
    _, system = trained
    feats = make_dump("more", utts_per_emotion=9, speeds=(1.0, 1.1))  # 144 originals: three blocks
    sizes = []
    load = inference.load_block
    monkeypatch.setattr(
        inference, "load_block", lambda d, utts, on: sizes.append(len(utts)) or load(d, utts, on)
    )
    model = system / "g01/spk00.last.safetensors"
    infer(model, feats, tmp_path / "out", CPU)
    assert sizes == [64, 64, 16]
    dump = open_dump(feats)
    originals = [utt for utt in dump.scp if "-sp" not in utt]
    store = load_frames(dump, originals, CPU)
    network, card = load_model(model, CPU)
    index = store.index_of(originals)
    log_p, v = log_posteriors_and_embeddings(network, store, index, card.features.rows)
    for name, rows in (("posteriors", log_p.exp()), ("embeddings", v)):
        scp = read_scp(tmp_path / "out" / f"{name}.scp")
        assert list(scp) == originals
        for (utt, place), row in zip(scp.items(), rows, strict=True):
            np.testing.assert_array_equal(read_vector(place, utt), row)
    lines = [f"{utt} {digest}\n" for utt, digest in zip(originals, store.digests, strict=True)]
    data = json.loads((tmp_path / "out/models.json").read_text())["data"]
    assert data == sha256("".join(lines).encode()).hexdigest()[:16]
    # A system's folds, each asked about its own speaker, have seen the same data.
    infer(system, feats, tmp_path / "test", CPU, "last", test_speakers_only=True)
    assert sizes[3:] == [36, 36, 36, 36]
    assert json.loads((tmp_path / "test/models.json").read_text())["data"] == data


def test_a_dump_of_copies_only_is_refused(trained, make_dump, tmp_path):
    _, system = trained
    feats = make_dump("copies")
    uniq = read_table(feats.parent / "utt2uniq")
    write_table(feats.parent / "utt2uniq", dict.fromkeys(uniq, "away"))
    for only, fault in (
        (False, "contains only speed copies"),
        (True, "no utterance of the test speaker"),
    ):
        with pytest.raises(InputError, match=fault):
            infer(system, feats, tmp_path / "out", CPU, test_speakers_only=only)


def test_an_announced_number_of_frames_takes_no_memory_before_it_is_true(
    trained, make_dump, tmp_path
):
    _, system = trained
    feats = make_dump("lying")
    counts = read_table(feats.parent / "utt2num_frames")
    utt = next(iter(counts))
    write_table(feats.parent / "utt2num_frames", {**counts, utt: "999999999"})
    with pytest.raises(InputError, match=rf"{utt}: matrix of shape"):
        infer(system, feats, tmp_path / "out", CPU)


def test_a_loaded_model_takes_no_gradient(trained):
    _, system = trained
    network, _ = load_model(system / "g01/spk00.last.safetensors", CPU)
    assert not any(p.requires_grad for p in network.parameters())
