"""Published models: what their card says, that it is measured, and the rounding."""

import pytest
import torch

from menan.analysis.publish import publish
from menan.analysis.runs import read_runs
from menan.analysis.tables.table2 import table2
from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.model.model_file import load_model
from menan_bin import menan_publish
from tests.training.training_example import CPU, objectives, train_runs

LICENCE, NOT_FOR = "CC BY 4.0", "decisions about people"


def trained(feats, exp, hold_out, objective="menan", **training):
    runs = RunsConfig(objectives(objective), hold_out=(hold_out,))
    train_runs(feats, exp, TrainingConfig(**{"epochs": 8, "lr": 0.02} | training), runs, CPU)
    return exp


@pytest.fixture
def parts(make_dump, tmp_path):
    """A model of all speakers, and an experiment with its settings that held each group out."""
    feats = make_dump()
    trained(feats, tmp_path / "all", "none")
    exp = trained(feats, tmp_path / "each", "each")
    return tmp_path / "all/menan_seed0/all/all.last.safetensors", exp


def test_the_card_has_the_ua_of_the_experiment(parts, tmp_path, monkeypatch, capsys):
    model, exp = parts
    out = tmp_path / "mine.safetensors"
    options = {"--model": model, "--exp": exp, "--licence": LICENCE, "--not-for": NOT_FOR}
    words = [str(word) for pair in options.items() for word in pair]
    monkeypatch.setattr("sys.argv", ["menan-publish", *words, "--out", str(out)])
    with pytest.raises(SystemExit, match=r"^0$"):
        menan_publish.main()
    network, card = load_model(out)
    found = table2(read_runs(exp), "last").systems["menan"]
    about = card.description
    assert about.ua == pytest.approx(found.ua.test / 100)
    assert about.ua != table2(read_runs(exp), "best-ua").systems["menan"].ua.test / 100
    assert about.ua_interval == pytest.approx([bound / 100 for bound in found.ua.interval])
    assert about.temperature == pytest.approx(found.calibration.temperature)
    assert (about.licence, about.not_for) == (LICENCE, NOT_FOR)
    assert about.protocol.startswith("mean over 4 test speakers in 2 groups")
    assert f"UA {100 * about.ua:.1f} %" in capsys.readouterr().out
    original, _ = load_model(model)
    for name, weight in original.state_dict().items():
        assert torch.equal(network.state_dict()[name], weight.half().float())
    assert out.stat().st_size < 0.6 * model.stat().st_size


def test_other_settings_are_refused(parts, make_dump, tmp_path):
    model, _ = parts
    other = trained(make_dump("other"), tmp_path / "other", "each", lr=0.5)
    with pytest.raises(InputError, match=r"trained with different training: .*lr=0\.5"):
        publish(model, other, LICENCE, NOT_FOR, tmp_path / "m.safetensors")
    assert not (tmp_path / "m.safetensors").exists()


def test_another_system_is_refused(parts, make_dump, tmp_path):
    model, _ = parts
    other = trained(make_dump("other"), tmp_path / "other", "each", "ec")
    with pytest.raises(InputError, match="no system 'menan' in it; train it there too"):
        publish(model, other, LICENCE, NOT_FOR, tmp_path / "m.safetensors")


def test_features_without_an_encoder_have_no_place(parts, tmp_path):
    with pytest.raises(InputError, match="'kaldi' has no pretrained encoder"):
        publish(*parts, LICENCE, NOT_FOR, tmp_path / "m.safetensors", pretrained="hub/name")
