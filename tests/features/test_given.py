"""A feats.scp that another toolkit made trains as it is."""

import json

import kaldiio
import numpy as np
import pytest

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.dump_directory import open_dump
from menan.datadir.validate.directory import validate
from menan.errors import InputError
from menan.front_ends import GivenFrontEnd
from menan.inference.infer import infer
from menan.inference.predict import predict
from menan.model.model_file import load_model
from menan.scoring.score import score_files
from menan.settings import AttentiveSettings
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
    with pytest.raises(InputError, match="cannot be made from audio here"):
        list(predict(model, ["a.wav"]))


@pytest.mark.parametrize("name", ["utt2spk", "utt2emo"])
def test_what_cannot_be_derived_is_asked_for(given, name):
    feats = given()
    (feats.parent / name).unlink()
    with pytest.raises(InputError, match=rf"{name}: missing beside feats.scp; copy it there"):
        open_dump(feats)


def test_utterances_without_labels_or_features_are_counted_and_named(given):
    feats = given()
    lines = feats.read_text().splitlines(keepends=True)
    feats.write_text("".join(lines[2:]))
    with pytest.raises(InputError, match="lacks 2 utterances of utt2spk, such as 's0-joy0'"):
        open_dump(feats)
    feats.write_text("".join(lines))
    for name in ("utt2spk", "utt2emo"):
        table = (feats.parent / name).read_text().splitlines(keepends=True)
        (feats.parent / name).write_text("".join(table[1:]))
    with pytest.raises(InputError, match=r"utt2spk: lacks 1 utterances of .*feats.scp, such as"):
        open_dump(feats)


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
    assert json.loads(json.dumps(GivenFrontEnd(3, (1.0,)).to_plain()))["front_end"] == "given"


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
