import numpy as np
import pytest
import soundfile


@pytest.fixture
def folder(tmp_path):
    """Recordings of two seconds: one.wav, two.wav, and clips/three.wav."""
    (tmp_path / "clips").mkdir()
    for name in ("one.wav", "two.wav", "clips/three.wav"):
        soundfile.write(tmp_path / name, np.zeros(8000, "int16"), 4000)
    return tmp_path
