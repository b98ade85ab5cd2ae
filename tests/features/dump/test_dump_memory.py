import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.datadir.archive import read_scp
from menan.datadir.utterances import Utterance, write_datadir

PEAK = r"""
import re, sys
from pathlib import Path
from menan.front_ends import KaldiFrontEnd
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
dump_features(DumpOptions(Path(sys.argv[1]), Path(sys.argv[2]), KaldiFrontEnd()))
# Not getrusage: its peak begins with that of the process that started this one.
print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
def test_memory_does_not_grow_with_the_number_of_utterances(tmp_path):
    """500 clips may take 50 MB more than 50: about 100 kB per clip."""
    draw = np.random.default_rng(0)
    paths = [tmp_path / f"r{number}.wav" for number in range(4)]
    for path in paths:
        soundfile.write(path, draw.normal(0, 0.03, 40 * 16000), 16000)
    peaks = []
    for count in (50, 500):
        utterances = [
            Utterance(
                *(f"s-{n:04d}", "s", f"r{n % 4}", str(paths[n % 4]), ("neu",), 0.3),
                start=n // 4 * 0.3,
                end=n // 4 * 0.3 + 0.3,
            )
            for n in range(count)
        ]
        data, out = tmp_path / f"data{count}", tmp_path / f"dump{count}"
        write_datadir(utterances, data)
        done = subprocess.run([sys.executable, "-c", PEAK, data, out], stdout=subprocess.PIPE)
        assert done.returncode == 0
        assert len(read_scp(out / "feats.scp")) == count
        peaks.append(int(done.stdout) // 1024)
    print("peak RSS in MB:", peaks)
    assert peaks[1] - peaks[0] < 50
