"""Working directories whose names have spaces."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from menan.datadir.archive import read_matrix, read_scp
from menan.datadir.utterances import Utterance, write_datadir


def test_a_dump_of_two_jobs_below_a_name_with_spaces(tmp_path):
    root = tmp_path / "my study (2)"
    root.mkdir()
    utterances = []
    for speaker in "ab":
        path = root / f"{speaker} 1.wav"
        soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
        facts = (f"{speaker}-1", str(path), ("ang",), 1.0)
        utterances.append(Utterance(f"{speaker}-1", speaker, *facts))
    write_datadir(utterances, root / "data of it")
    command = [sys.executable, "-m", "menan_bin.menan_dump", "--nj", "2"]
    command += ["--data", "data of it", "--out", "dump of it"]
    # Modules are found from another working directory, whatever the test runs in.
    path = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == 0
    for utt, place in read_scp(root / "dump of it/feats.scp").items():
        assert str(root) in place
        assert read_matrix(place, utt).shape == (97, 43)
