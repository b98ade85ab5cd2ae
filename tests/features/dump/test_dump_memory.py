import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.datadir.archive import read_scp
from menan.datadir.utterances import Utterance, write_datadir

# In a process of its own, whose peak nothing else has raised.
PEAKS = r"""
import re, sys
from pathlib import Path
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd

for count in sys.argv[2:]:
    folder = Path(sys.argv[1])
    dump_features(DumpOptions(folder / f"data{count}", folder / f"dump{count}", KaldiFrontEnd()))
    # Not getrusage: its peak begins with that of the process that started this one.
    print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
def test_memory_does_not_grow_with_the_number_of_utterances(tmp_path):
    """500 clips may take 50 MB more than 50 clips before them: about 100 kB per clip."""
    draw = np.random.default_rng(0)
    paths = [tmp_path / f"r{number}.wav" for number in range(4)]
    for path in paths:
        soundfile.write(path, draw.normal(0, 0.03, 40 * 16000), 16000)
    counts = (50, 500)
    for count in counts:
        utterances = [
            Utterance(
                *(f"s-{n:04d}", "s", f"r{n % 4}", str(paths[n % 4]), ("neu",), 0.3),
                start=n // 4 * 0.3,
                end=n // 4 * 0.3 + 0.3,
            )
            for n in range(count)
        ]
        write_datadir(utterances, tmp_path / f"data{count}")
    command = [sys.executable, "-c", PEAKS, tmp_path, *map(str, counts)]
    done = subprocess.run(command, stdout=subprocess.PIPE)
    assert done.returncode == 0
    for count in counts:
        assert len(read_scp(tmp_path / f"dump{count}/feats.scp")) == count
    before, after = (int(peak) // 1024 for peak in done.stdout.split())
    assert after - before < 50, (before, after)
