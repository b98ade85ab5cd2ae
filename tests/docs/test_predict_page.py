"""The commands and the Python of docs/predict.md work as they stand, and its numbers are right."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.corpora.synthetic.voice import draw_speaker, synthesize
from menan.front_ends import KaldiFrontEnd
from menan.inference import energy_gate, speech_gate
from menan.inference.prediction import Prediction
from menan.model.model_file import save_model
from menan.pretrained_front_end import PretrainedFrontEnd
from menan_bin.menan_predict import main
from tests.analysis.attack.hasty import hasten
from tests.analysis.leakage.given_example import UTTS, emotion, speaker, vectors
from tests.analysis.leakage.hasty_probes import hasten_probes
from tests.training.training_example import build_network, model_card

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "predict.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^menan-predict .*", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files that the page names."""
    folder = tmp_path_factory.mktemp("predict")
    card = model_card(features=KaldiFrontEnd(seconds=4.0))
    save_model(folder / "model.safetensors", build_network(43, 2, 0), card)
    (folder / "calls").mkdir()
    rng = np.random.default_rng(0)
    samples = synthesize(draw_speaker("f", rng), "neu", rng, 5.0)
    for name in ("interview.wav", "calls/a.wav"):
        soundfile.write(folder / name, samples, 16000)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(files, monkeypatch, capsys, command):
    monkeypatch.chdir(files)
    monkeypatch.setattr("sys.argv", shlex.split(command))
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert "interview.wav" in capsys.readouterr().out


def test_the_python_of_the_page_runs(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    hasten(monkeypatch)
    hasten_probes(monkeypatch)
    first, second = PYTHON
    exec(first, {})
    assert "0.0 4.0" in capsys.readouterr().out
    emotions, speakers = list(map(emotion, UTTS)), list(map(speaker, UTTS))
    given = {"references": emotions, "hypotheses": emotions, "emotions": emotions}
    exec(second, {**given, "embeddings": vectors(), "speakers": speakers})
    assert capsys.readouterr().out.startswith("1.0 ")


def test_the_page_names_every_field_and_the_bounds_of_the_gate():
    one = Prediction("a", 0, 1, {"ang": 1.0}, np.zeros(1))
    assert [name for name in one.to_json(embedding=True) if f"`{name}`" not in PAGE] == []
    seconds = energy_gate.FEWEST_FRAMES * energy_gate.FRAME_SECONDS
    for text in (
        f"each {energy_gate.FRAME_SECONDS:g} s",
        f"lies {energy_gate.ABOVE_FLOOR_DB:g} dB above",
        f"at least {energy_gate.LEAST_BELOW_DB:g} dB and at most {energy_gate.MOST_BELOW_DB:g} dB",
        f"needs {seconds:.1f} s above",
        f"if it holds {speech_gate.LEAST_SECONDS:g} s of speech",
        f"pieces of {speech_gate.PIECE_SECONDS} s, each amplified by up to "
        f"{20 * np.log10(speech_gate.MOST_GAIN):.0f} dB",
        f"it is {PretrainedFrontEnd(pretrained='x').window:g} s at most",
    ):
        assert text in PAGE
