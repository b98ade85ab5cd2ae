"""The Python example in README.md works as it stands."""

import re
from pathlib import Path

import numpy as np
import soundfile

from menan.model.model_file import save_model
from menan.model.network import build_network
from tests.training.training_example import model_card

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    code = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    model = re.search(r'"(\S+\.safetensors)"', code)[1]
    wavs = re.findall(r'"(\w+\.(?:wav|flac))"', code)
    card = model_card()
    (tmp_path / model).parent.mkdir(parents=True)
    save_model(tmp_path / model, build_network(card.shape, seed=0), card)
    for wav in wavs:
        samples = np.random.default_rng(0).normal(size=32000)
        soundfile.write(tmp_path / wav, 0.1 * samples, 16000)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(wavs) == 2
    assert all(line.split()[0] in card.emotions for line in lines)
