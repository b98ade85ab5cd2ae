"""A feats.scp that another toolkit made trains as it is."""

import json

import kaldiio
import numpy as np
import pytest

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.dump_directory import open_dump
from menan.datadir.validate.directory import validate
from menan.encoder_settings import AttentiveSettings
from menan.errors import InputError
from menan.features.store import load_frames
from menan.front_ends import FrontEnd, GivenFrontEnd
from menan.inference import emotion_model
from menan.inference.infer import infer
from menan.model.model_file import load_model
from menan.scoring.score import score_files
from tests.training.training_example import objectives, train_runs

QUICK = TrainingConfig(epochs=1, batch_size=8)


@pytest.fixture
def given(tmp_path):
    """Kaldi's three files: features by kaldiio, speakers, emotions; nothing else."""

    def make(name="theirs", columns=3, rows=(20, 40), compression=None, vectors=False):
        folder = tmp_path / name
        folder.mkdir()
        rng = np.random.default_rng(0)
        utts = [f"s{s}-{e}{n}" for s in range(4) for e in ("joy", "rage") for n in range(2)]
        matrices = {
            utt: rng.normal(size=(rng.integers(*rows), columns)).astype(np.float32) for utt in utts
        }
        if vectors:
            matrices = {utt: matrix[0] for utt, matrix in matrices.items()}
        kaldiio.save_ark(
            str(folder / "raw.ark"),
            matrices,
            scp=str(folder / "feats.scp"),
            **({} if compression is None else {"compression_method": compression}),
        )
        (folder / "utt2spk").write_text("".join(f"{utt} {utt[:2]}\n" for utt in utts))
        (folder / "utt2emo").write_text("".join(f"{utt} {utt[3:-1]}\n" for utt in utts))
        return folder / "feats.scp"

    return make


@pytest.mark.parametrize("columns", [1, 3, 80, 300])
def test_table_1_trains_on_any_width(given, tmp_path, columns):
    feats = given(columns=columns)
    runs = RunsConfig(objective=objectives("menan"), hold_out=("g01",))
    (run,) = train_runs(feats, tmp_path / "exp", QUICK, runs)
    _, card = load_model(tmp_path / "exp" / run.name / "s0.last.safetensors")
    longest = max(open_dump(feats).num_frames.values())
    assert card.features == GivenFrontEnd(columns=columns, longest=longest)
    assert tuple(card.emotions) == ("joy", "rage")


@pytest.mark.parametrize("options", [{"compression": 2}, {"compression": 5}, {"vectors": True}])
def test_compressed_matrices_and_vectors_go_from_training_to_scores(given, tmp_path, options):
    feats = given(**options)
    model = ModelConfig(AttentiveSettings(size=4, channels=2), hidden=())
    runs = RunsConfig(objective=objectives("ec"), hold_out=("each",))
    train_runs(feats, tmp_path / "exp", QUICK, runs, model=model)
    infer(
        *(tmp_path / "exp/ec_seed0", feats, tmp_path / "out"), rule="last", test_speakers_only=True
    )
    score_files(feats.parent / "utt2emo", tmp_path / "out")
    assert {path.name for path in feats.parent.iterdir()} == {
        *("raw.ark", "feats.scp", "utt2spk", "utt2emo"),
    }, "nothing is written beside them"


def test_a_model_reads_matrices_of_other_lengths_but_not_of_other_widths(given, tmp_path, capsys):
    runs = RunsConfig(objective=objectives("ec"), hold_out=("g01",))
    (run,) = train_runs(given(), tmp_path / "exp", QUICK, runs)
    model = tmp_path / "exp" / run.name / "s0.last.safetensors"
    infer(model, given("long", rows=(50, 90)), tmp_path / "out")
    assert "16 utterances are longer than the model's input" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"trained on features with columns 3, but .* has 5"):
        infer(model, given("wide", columns=5), tmp_path / "wide_out")
    with pytest.raises(
        InputError, match=r"last.safetensors: features .* cannot be made from audio"
    ):
        emotion_model.load_model(model)


@pytest.mark.parametrize("name", ["utt2spk"])
def test_what_cannot_be_derived_is_asked_for(given, name):
    feats = given()
    (feats.parent / name).unlink()
    with pytest.raises(
        InputError, match=rf"{name}: missing beside feats.scp; copy or link it there, "
    ):
        open_dump(feats)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("feats.scp", r"feats.scp: lacks 2 of 16 utterances in utt2spk, such as 's0-joy0'; keep"),
        ("utt2spk", r"utt2spk: lacks 2 of 16 utterances in feats.scp, such as .*fix_data_dir.sh"),
        ("utt2emo", r"utt2emo: lacks 2 of 16 utterances in feats.scp, such as .*; add their"),
    ],
)
def test_utterances_without_labels_or_features_are_counted_and_named(given, name, message):
    feats = given()
    path = feats.parent / name
    path.write_text("".join(path.read_text().splitlines(keepends=True)[2:]))
    with pytest.raises(InputError, match=message):
        open_dump(feats)


def test_labels_of_more_utterances_than_there_are_features(given):
    feats = given()
    with (feats.parent / "utt2emo").open("a") as file:
        file.write("s9-joy0 joy\n")
    with pytest.raises(InputError, match=r"feats.scp: lacks 1 of 17 utterances in utt2emo, such"):
        open_dump(feats)


def test_a_copy_with_a_speaker_of_its_own_is_refused(given):
    """Kaldi's speed perturbation: the copy would be trained on when its original is tested."""
    feats = given()
    uniq = {line.split()[0]: line.split()[0] for line in feats.read_text().splitlines()}
    uniq["s1-joy0"] = "s0-joy0"
    (feats.parent / "utt2uniq").write_text("".join(f"{u} {o}\n" for u, o in uniq.items()))
    with pytest.raises(InputError, match=r"s1-joy0 has the speaker 's1', but its original s0-jo"):
        open_dump(feats)
    uniq |= {"s1-joy0": "s1-joy1"}
    (feats.parent / "utt2uniq").write_text("".join(f"{u} {o}\n" for u, o in uniq.items()))
    assert open_dump(feats).metadata.utt2uniq == uniq


def test_a_utt2num_frames_that_disagrees_is_refused(given):
    feats = given()
    counts = open_dump(feats).num_frames | {"without-features": 7}
    path = feats.parent / "utt2num_frames"
    path.write_text("".join(f"{utt} {count}\n" for utt, count in counts.items()))
    assert "without-features" not in open_dump(feats).num_frames
    path.write_text(path.read_text().replace("s0-joy1 ", "s0-joy1 1"))
    with pytest.raises(InputError, match=r"utt2num_frames: s0-joy1 has 1\d+ frames, but its matr"):
        open_dump(feats)


def test_very_long_matrices_are_refused_with_a_cure(given):
    feats = given(columns=1)
    lines = feats.read_text().splitlines(keepends=True)
    np.save(feats.parent / "long.npy", np.zeros((100_001, 1), np.int8))
    feats.write_text("".join([*lines[:-1], f"s3-rage1 {feats.parent}/long.npy\n"]))
    with pytest.raises(InputError, match=r"s3-rage1: expected 1 to 100,000 rows, found 100,001; "):
        open_dump(feats)
    feats.write_text("".join([*lines[:-1], f"s3-rage1 {feats.parent}/long.npy[0:99]\n"]))
    assert open_dump(feats).features == GivenFrontEnd(columns=1, longest=100)


def test_paths_count_from_the_working_directory(given, monkeypatch):
    feats = given()
    feats.write_text(feats.read_text().replace(f"{feats.parent}/", ""))
    with pytest.raises(InputError, match=rf"s0-joy0: raw.ark is relative to {feats.parent}, not"):
        open_dump(feats)
    monkeypatch.chdir(feats.parent)
    assert len(open_dump("feats.scp").scp) == 16


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(given, value):
    feats = given()
    np.save(feats.parent / "bad.npy", np.array([[0, value, 0]]))
    lines = feats.read_text().splitlines(keepends=True)
    feats.write_text("".join([*lines[:-1], f"s3-rage1 {feats.parent}/bad.npy\n"]))
    dump = open_dump(feats)
    with pytest.raises(InputError, match="s3-rage1: features contain NaN or Inf; make them again"):
        load_frames(dump, list(dump.scp), "cpu")
    (problem,) = validate(feats.parent).problems
    assert "contains NaN or Inf, first in row 0" in str(problem)


def test_matrices_of_two_widths_are_refused(given):
    feats, other = given(), given("other", columns=5)
    lines = feats.read_text().splitlines(keepends=True)
    feats.write_text("".join([*lines[:-1], other.read_text().splitlines(keepends=True)[-1]]))
    with pytest.raises(InputError, match="s3-rage1 has 5 columns, but s0-joy0 has 3"):
        open_dump(feats)


def test_the_card_of_a_model_survives_its_file(given, tmp_path):
    runs = RunsConfig(objective=objectives("ec"), hold_out=("g01",))
    (run,) = train_runs(given(), tmp_path / "exp", QUICK, runs)
    recorded = (tmp_path / "exp" / run.name / "config.yaml").read_text()
    assert "front_end: given" in recorded
    assert "seconds: 14" not in recorded, "which nobody knows"
    settings = GivenFrontEnd(columns=3, longest=20)
    plain = json.loads(json.dumps(settings.to_plain()))
    assert plain == {"front_end": "given", "columns": 3, "longest": 20}
    assert FrontEnd.from_plain(plain, "features") == settings


def test_a_given_directory_is_validated(given):
    feats, other = given(), given("other", columns=5)
    assert not validate(feats.parent).problems
    lines = feats.read_text().splitlines(keepends=True)
    feats.write_text("".join([*lines[:-1], other.read_text().splitlines(keepends=True)[-1]]))
    (problem,) = validate(feats.parent).problems
    assert "has 5 columns; the first one has 3" in str(problem)


def test_a_dump_of_menan_without_its_record_is_not_taken_for_one(given):
    feats = given()
    (feats.parent / "utt2audio").touch()
    with pytest.raises(InputError, match="utt2num_frames: cannot be read"):
        open_dump(feats)
