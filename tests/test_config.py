import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from menan.config import (
    SECTIONS,
    RunsConfig,
    TrainingConfig,
    load_section,
    parse_share,
    split_option,
)
from menan.errors import InputError
from menan.files.mapping import from_mapping, to_mapping
from menan.front_ends import KaldiFrontEnd

EGS = Path(__file__).resolve().parents[1] / "egs"


@pytest.fixture
def written(tmp_path):
    """Writes a configuration file."""

    def write(text):
        (tmp_path / "conf.yaml").write_text(text)
        return tmp_path / "conf.yaml"

    return write


def test_defaults_are_those_of_the_paper():
    features, training = KaldiFrontEnd(), TrainingConfig()
    assert (features.rows, features.dims) == (1397, 43)
    assert (training.epochs, training.batch_size, training.lr, training.lambda_) == (
        *(300, 16),
        *(1e-3, 0.5),
    )


@pytest.mark.parametrize(
    ("fields", "frames"),
    [
        ({"seconds": 0.04}, 1),
        ({"seconds": 0.05}, 2),
        ({"seconds": 0.0499}, 1),
        # 2.01 * 1000 is a hair below 2010 in floating point.
        ({"seconds": 2.01}, 198),
        ({"seconds": 2.0, "frame_length_ms": 25.0}, 198),
        ({"seconds": 0.7, "frame_shift_ms": 12.5}, 53),
    ],
)
def test_frames_are_those_that_fit_whole(fields, frames):
    assert KaldiFrontEnd(**fields).rows == frames


def test_options_stand_over_the_file_and_the_file_over_defaults(written):
    path = written("training: {epochs: 7, lambda: 0.25, lr: 1e-2}\nfeatures:\n")
    config = load_section(path, "training", {"epochs": "9", "lr": None})
    assert config == TrainingConfig(epochs=9, lambda_=0.25, lr=0.01)
    assert load_section(path, "features", {}) == KaldiFrontEnd()
    assert load_section(None, "runs", {"seed": ["0", "3"]}) == RunsConfig(seed=(0, 3))


def test_one_value_stands_for_a_list_of_it(written):
    path = written("runs: {seed: 3, hold_out: 1, objective: [ec, dat]}")
    assert load_section(path, "runs", {}) == RunsConfig(("ec", "dat"), (3,), ("1",))


@pytest.mark.parametrize("cls", [TrainingConfig, RunsConfig])
def test_a_saved_configuration_is_loaded_as_it_was(cls):
    mapping = yaml.safe_load(yaml.safe_dump(to_mapping(cls())))
    assert from_mapping(cls, mapping, "x") == cls()
    assert not any(key.endswith("_") for key in mapping)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trainning: {}", "unknown section 'trainning'; did you mean 'training'"),
        ("training: {epoch: 3}", "training: unknown key 'epoch'; did you mean 'epochs'"),
        ("training: {zzz: 3}", "unknown key 'zzz'; known are epochs, batch_size"),
        ("training: {epochs: many}", r"training\.epochs: expected int, found 'many'"),
        ("training: {epochs: 2.5}", r"training\.epochs: expected int, found 2\.5"),
        ("training: {epochs: true}", r"training\.epochs: expected int, found True"),
        ("training: {epochs: }", r"training\.epochs: expected int, found None"),
        ("training: {lr: .inf}", r"training\.lr: expected a finite number"),
        ("features: {seconds: .nan}", r"features\.seconds: expected a finite number"),
        ("features: {frame_shift_ms: 10.1}", "a positive multiple of 0.25"),
        ("training: [1]", "training: expected 'key: value' lines"),
        ("- training", "expected the sections features, training, runs"),
        ("training: {", "not YAML"),
        ("training: {lambda: 1}", "lambda must lie between 0 and 1"),
        ("training: {normalize: speaker}", "normalize must be global or none"),
        ("training: {frames: 16}", "frames must be float32 or float16"),
        ("features: {speeds: [0.9]}", r"speeds must contain 1\.0"),
        ("features: {speeds: [1, 3]}", "speeds must lie between"),
        ("features: {seconds: 0.01}", "seconds must hold at least one frame"),
        # What a stranger's file may ask for is bounded.
        ("features: {seconds: 601}", "seconds must be at most 600"),
        ("features: {seconds: 600, frame_shift_ms: 0.25}", "at most 100,000 frames"),
        ("features: {frame_length_ms: 1001}", "frame_shift_ms and at most 1000"),
        ("features: {num_mel_bins: 513}", "num_mel_bins must lie between 4 and 512"),
        # Numbers beyond what the machine has, and values that no line could hold.
        (
            "training: {lr: 0x" + "f" * 400 + "}",
            r"training\.lr: integer out of range \(1600 bits",
        ),
        ("training: {epochs: '" + "9" * 400 + "'}", r"integer out of range \(1329 bits"),
        ("training: 0x" + "f" * 5000, "found a number of thousands of digits"),
        ("training: {? 0x" + "f" * 5000 + " : 1}", "unknown key a number of thousands of digits"),
        (
            "training: {epochs: [" + "x, " * 5000 + "]}",
            r"expected int, found \['x', 'x',.*\.\.\.\]",
        ),
        ("runs: {seed: [0, 1, 1]}", "seed names 1 twice"),
        ("runs: {objective: []}", "objective must not be empty"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(written, text, message):
    path = written(text)
    # Whatever section is asked for, the whole file is checked.
    for section in SECTIONS:
        with pytest.raises(InputError, match=message) as refusal:
            load_section(path, section, {})
        assert str(refusal.value).startswith(str(path))
        assert "\n" not in str(refusal.value)
        assert len(str(refusal.value)) < 500


def test_a_wrong_option_is_refused(written):
    with pytest.raises(InputError, match="options: epochs must be at least 1"):
        load_section(None, "training", {"epochs": 0})
    with pytest.raises(InputError, match=r"training\.lr: expected float, found 'fast'"):
        load_section(written(""), "training", {"lr": "fast"})


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml: cannot be read"):
        load_section(tmp_path / "absent.yaml", "runs", {})


def test_configurations_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 1


def test_options_are_split_at_commas():
    assert split_option("0, 1,2") == ["0", "1", "2"]
    assert split_option(None) is None


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "1/2/3", "a/b", "1 /2", "²/3"])
def test_a_share_that_is_none_is_refused(text):
    with pytest.raises(InputError, match=f"--share {re.escape(text)}: expected"):
        parse_share(text)


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.name) for path in sorted(EGS.glob("*/conf/*.yaml"))]
)
def test_configurations_of_the_recipes_are_whole(path):
    for section in ("features", "training", "runs"):
        load_section(path, section, {})


@pytest.mark.parametrize(
    ("recipe", "without"),
    [("iemocap", "paper"), ("mosei", "paper"), ("ravdess", "invariance_long")],
)
def test_the_invariant_configuration_differs_by_the_bottleneck_alone(recipe, without):
    other, invariant = (
        EGS / recipe / "conf" / f"{name}.yaml" for name in (without, "train_invariant")
    )
    assert load_section(other, "features", {}) == load_section(invariant, "features", {})
    bounded = load_section(invariant, "training", {})
    assert (bounded.bottleneck == "none") == (recipe == "mosei"), "mosei trains nothing"
    assert load_section(other, "training", {}) == dataclasses.replace(
        bounded, bottleneck="none", noise_sigma=1.0
    )
