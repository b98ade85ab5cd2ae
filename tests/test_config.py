import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from menan.config import (
    Config,
    ModelConfig,
    RunsConfig,
    TrainingConfig,
    load_config,
    parse_share,
    split_option,
)
from menan.errors import InputError
from menan.files.mapping import from_mapping, to_mapping
from menan.front_ends import KaldiFrontEnd
from menan.settings import (
    EmotionOnlySettings,
    MaxEntropySettings,
    NoBottleneckSettings,
    NoiseSettings,
)

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
    assert (training.epochs, training.batch_size, training.lr) == (300, 16, 1e-3)
    assert MaxEntropySettings().lambda_ == 0.5


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
    path = written("training: {epochs: 7, lr: 1e-2}\nfeatures:\n")
    config = load_config(path, {"training": {"epochs": "9", "lr": None}})
    assert config == Config(training=TrainingConfig(epochs=9, lr=0.01))
    assert load_config(None, {"runs": {"seed": ["0", "3"]}}).runs == RunsConfig(seed=(0, 3))


def test_one_value_is_read_as_a_list_of_one(written):
    runs = load_config(written("runs: {seed: 3, hold_out: 1, objective: ec}")).runs
    assert runs == RunsConfig((EmotionOnlySettings(),), (3,), ("1",))


def test_a_member_is_its_name_or_a_mapping_with_settings(written):
    text = "runs: {objective: [menan, {name: menan, lambda: 0.2}]}\n"
    text += "model: {bottleneck: {name: noise, sigma: 2}}"
    config = load_config(written(text))
    assert config.model == ModelConfig(bottleneck=NoiseSettings(sigma=2.0))
    assert [one.system for one in config.runs.objective] == ["menan", "menan-lambda0.2"]


def test_set_changes_one_value_after_file_and_options(written):
    path = written("training: {epochs: 7}\nmodel: {bottleneck: noise}")
    sets = [
        "training.epochs=9",
        "model.bottleneck.sigma=2",
        "features.seconds=4",
        "runs.seed=[1, 2]",
    ]
    config = load_config(path, {"training": {"epochs": 8}}, sets)
    assert config.training.epochs == 9
    assert config.model.bottleneck == NoiseSettings(sigma=2.0)
    assert config.features == KaldiFrontEnd(seconds=4.0)
    assert config.runs.seed == (1, 2)


def test_set_gives_a_setting_to_the_objectives_that_have_it():
    objectives = {"runs": {"objective": ["ec", "menan"]}}
    config = load_config(None, objectives, ["runs.objective.lambda=0.2"])
    assert config.runs.objective == (EmotionOnlySettings(), MaxEntropySettings(0.2))


def test_a_named_objective_keeps_the_settings_of_the_file(written):
    path = written("runs: {objective: [ec, {name: menan, lambda: 0.2}]}")
    config = load_config(path, {"runs": {"objective": ["menan"]}})
    assert config.runs.objective == (MaxEntropySettings(0.2),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training", "expected section.key=value"),
        ("training.lr", "expected section.key=value"),
        ("lr=1", "expected section.key=value"),
        ("training.lr.x=1", "write --set training.lr=value"),
        ("training.lr={", "is not a YAML value"),
        ("trainig.lr=1", "unknown section 'trainig'; did you mean 'training'"),
        ("training.lrr=1", "unknown key 'lrr'; did you mean 'lr'"),
        ("training.lr=fast", "training.lr: expected float, found 'fast'"),
        ("training.lambda=0.2", "training.lambda has moved; write 'runs: objective"),
        ("model.bottleneck.sigma=2", "unknown key 'sigma'; it has no settings"),
        ("model.bottleneck=nois", "unknown bottleneck 'nois'; choose from none, noise, fsq"),
        ("model.encoder=tabel1", "unknown encoder 'tabel1'; choose from table1"),
        ("runs.objective.lamda=1", "unknown key 'lamda'; did you mean 'lambda'"),
    ],
)
def test_a_wrong_set_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        load_config(None, {}, [text])


def test_a_set_for_a_section_that_the_command_does_not_use_is_refused():
    with pytest.raises(InputError, match="does not use the section features; it uses model"):
        load_config(None, {}, ["features.seconds=4"], ("model", "training"))


def test_the_name_of_a_member_is_no_setting():
    with pytest.raises(InputError, match="name the member itself"):
        load_config(None, {}, ["model.bottleneck.name=fsq"])


def test_a_setting_that_no_objective_has_is_refused():
    with pytest.raises(InputError, match="no objective here has the setting 'weight'"):
        load_config(None, {"runs": {"objective": ["ec", "menan"]}}, ["runs.objective.weight=1"])


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
        ("training: {zzz: 3}", "unknown key 'zzz'; choose from epochs, batch_size"),
        ("training: {epochs: many}", r"training\.epochs: expected int, found 'many'"),
        ("training: {epochs: 2.5}", r"training\.epochs: expected int, found 2\.5"),
        ("training: {epochs: true}", r"training\.epochs: expected int, found True"),
        ("training: {epochs: }", r"training\.epochs: expected int, found None"),
        ("training: {lr: .inf}", r"training\.lr: expected a finite number"),
        ("features: {seconds: .nan}", r"features\.seconds: expected a finite number"),
        ("features: {frame_shift_ms: 10.1}", "a positive multiple of 0.25"),
        ("training: [1]", "training: expected 'key: value' lines"),
        ("- training", "expected the sections features, model, training, runs"),
        ("training: {", "not YAML"),
        ("runs: {objective: {name: mtl, lambda: 1}}", "lambda must lie between 0 and 1"),
        ("training: {lambda: 0.2}", r"training\.lambda has moved; write 'runs: objective:"),
        (
            "model: {bottleneck: {sigma: 2}}",
            "expected the name of one bottleneck",
        ),
        ("runs: {objective: [ec, ec]}", "objective lists 'ec' twice"),
        ("training: {normalize: speaker}", "normalize must be global or none"),
        ("training: {store_dtype: 16}", "store_dtype must be float32 or float16"),
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
        ("runs: {seed: [0, 1, 1]}", "seed lists 1 twice"),
        ("runs: {objective: []}", "objective must not be empty"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(written, text, message):
    path = written(text)
    with pytest.raises(InputError, match=message) as refusal:
        load_config(path)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_a_wrong_option_is_refused(written):
    with pytest.raises(InputError, match="options: training: epochs must be at least 1"):
        load_config(None, {"training": {"epochs": 0}})
    with pytest.raises(InputError, match=r"training\.lr: expected float, found 'fast'"):
        load_config(written(""), {"training": {"lr": "fast"}})


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml: cannot be read"):
        load_config(tmp_path / "absent.yaml")


def test_configurations_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 1


def test_options_are_split_at_commas():
    assert split_option("0, 1,2") == ["0", "1", "2"]
    assert split_option(None) is None


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "1/2/3", "a/b", "1 /2", "²/3"])
def test_a_malformed_share_is_refused(text):
    with pytest.raises(InputError, match=f"--share {re.escape(text)}: expected"):
        parse_share(text)


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.name) for path in sorted(EGS.glob("*/conf/*.yaml"))]
)
def test_configurations_of_the_recipes_are_whole(path):
    load_config(path)


@pytest.mark.parametrize(
    ("recipe", "without"),
    [("iemocap", "paper"), ("mosei", "paper")],
)
def test_the_invariant_configuration_differs_by_the_bottleneck_alone(recipe, without):
    other, invariant = (
        EGS / recipe / "conf" / f"{name}.yaml" for name in (without, "train_invariant")
    )
    other, bounded = load_config(other), load_config(invariant)
    assert other.features == bounded.features
    assert other.training == bounded.training
    assert (bounded.model.bottleneck == NoBottleneckSettings()) == (recipe == "mosei"), (
        "no training"
    )
    assert other.model == dataclasses.replace(bounded.model, bottleneck=NoBottleneckSettings())


@pytest.mark.parametrize(
    ("protected", "rival"), [("train_invariant", "invariance"), ("whisper_invariant", "whisper")]
)
def test_a_protected_system_and_its_rival_have_the_same_features(protected, rival):
    both = [load_config(EGS / "ravdess/conf" / f"{name}.yaml") for name in (protected, rival)]
    assert both[0].features == both[1].features
    assert both[0].model.bottleneck != NoBottleneckSettings()
    assert both[1].model.bottleneck == NoBottleneckSettings()
