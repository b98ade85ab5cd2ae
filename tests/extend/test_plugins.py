"""A member for each socket, from files outside the package, through the commands."""

import json

import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.archive import read_scp, read_vector
from menan.model.model_file import load_model
from tests.extend.conftest import TOYS

LABELS = ("anger", "boredom", "disgust", "fear", "joy", "neutral", "sadness")  # as EMO-DB's
SPEAKERS = ("s1", "s2", "s3", "s4")


@pytest.fixture
def table(tmp_path):
    """Half a second of noise per utterance, whose band depends on the emotion."""
    rng = np.random.default_rng(0)
    lines = ["path,speaker,emotion"]
    for speaker in SPEAKERS:
        for number, label in enumerate(LABELS):
            for take in range(2):
                path = tmp_path / f"{speaker}_{label}_{take}.wav"
                spectrum = np.zeros(4001, dtype=complex)
                band = slice(500 * number + 10, 500 * number + 490)
                spectrum[band] = rng.normal(size=480) + 1j * rng.normal(size=480)
                samples = np.fft.irfft(spectrum, 8000)
                soundfile.write(path, 0.5 * samples / np.abs(samples).max(), 16000)
                lines.append(f"{path.name},{speaker},{label}")
    (tmp_path / "my.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "my.csv"


def plugin(*names):
    return [f"--plugin={TOYS / f'toy_{name}.py'}" for name in names]


def test_toy_members_go_through_the_whole_chain_with_seven_labels(table, tmp_path, run):
    data, dump, exp = tmp_path / "data", tmp_path / "dump", tmp_path / "exp"
    run("menan-prepare", "table", table, data)
    assert (data / "emotions").read_text().split() == list(LABELS)
    run("menan-validate", data)
    front_end = plugin("front_end")
    run(
        *("menan-dump", "--data", data, "--out", dump, "--front-end", "bands", *front_end),
        *("--set", "features.seconds=0.5", "--set", "features.bands=12"),
    )
    run("menan-validate", dump, *front_end)

    plugins = plugin("front_end", "encoder", "objective", "bottleneck")
    feats = dump / "feats.scp"
    run(
        *("menan-train", "--feats", feats, "--exp", exp, *plugins, "--hold-out", "each"),
        *("--objective", "ec,means", "--encoder", "mean", "--epochs", "40"),
        *("--set", "training.lr=0.02", "--set", "model.encoder.size=16"),
        *("--set", "model.bottleneck=bounded", "--set", "runs.objective.weight=0.02"),
    )
    systems = sorted(path.name for path in exp.iterdir())
    assert systems == ["ec_seed0", "means-weight0.02_seed0"]
    config = yaml.safe_load((exp / systems[1] / "g01/config.yaml").read_text())
    assert config["objective"] == {"name": "means", "weight": 0.02}
    assert config["model"]["encoder"] == {"name": "mean", "size": 16}
    assert config["emotions"] == list(LABELS)
    assert set(config["plugins"]) == {
        f"toy_{name}.py" for name in ("front_end", "encoder", "objective", "bottleneck")
    }

    for system in systems:
        out = tmp_path / "infer" / system
        run(
            *("menan-infer", "--model", exp / system, "--feats", feats, "--out", out, *plugins),
            *("--test-speakers-only", "true", "--noise-seed", "0"),
        )
        posteriors = read_scp(out / "posteriors.scp")
        assert len(posteriors) == len(SPEAKERS) * len(LABELS) * 2
        utt, place = next(iter(posteriors.items()))
        assert read_vector(place, utt).shape == (7,)
        run("menan-score", "--ref", data / "utt2emo", "--hyp", out, "--json", out / "score.json")
        scores = json.loads((out / "score.json").read_text())
        assert scores["whole"]["ua"] > 0.5, "chance is 1/7"
        assert np.array(scores["whole"]["confusion"]).shape == (7, 7)
    wav = tmp_path / "s1_joy_0.wav"
    model = exp / "ec_seed0/g02/s3.best-ua.safetensors"
    said = run("menan-predict", "--model", model, *plugins, wav)
    assert all(label in said for label in LABELS)

    text = run(
        *("menan-results", "--exp", exp, *plugins, "--out", exp / "RESULTS.md"),
        *("--html", exp / "report.html", "--json", exp / "results.json"),
    )
    for name in ("ec", "means-weight0.02", *LABELS):
        assert name in text
        assert name in (exp / "report.html").read_text()


def test_a_model_names_the_plugin_to_load(table, tmp_path, run, forget_plugins, capsys):
    data, dump, exp = tmp_path / "data", tmp_path / "dump", tmp_path / "exp"
    run("menan-prepare", "table", table, data)
    run("menan-dump", "--data", data, "--out", dump, "--set", "features.seconds=0.5")
    feats = dump / "feats.scp"
    run(
        *("menan-train", "--feats", feats, "--exp", exp, *plugin("encoder")),
        *("--encoder", "mean", "--epochs", "1", "--objective", "ec"),
    )
    model = exp / "ec_seed0/all/all.last.safetensors"
    _, card = load_model(model, "cpu")
    assert card.threads is not None, "the last digits depend on the number of threads"
    forget_plugins()
    with pytest.raises(AssertionError, match=r"unknown encoder 'mean'.*--plugin toy_encoder\.py"):
        run("menan-infer", "--model", model, "--feats", feats, "--out", tmp_path / "out")
    run(
        *("menan-infer", "--model", model, "--feats", feats, "--out", tmp_path / "out"),
        *plugin("encoder"),
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        (
            "import menan\nfrom menan.encoder_settings import Table1Settings\n"
            "menan.add_encoder(Table1Settings, menan.Encoder)",
            "the encoder 'table1' exists already",
        ),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_one_line(tmp_path, run, content, complaint):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AssertionError, match=f"error: --plugin .*mine.py: .*{complaint}"):
        run("menan-train", "--feats", "f", "--exp", "e", "--plugin", path)
