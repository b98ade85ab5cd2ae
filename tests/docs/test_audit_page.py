"""The commands in docs/audit.md work as they stand."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from menan.analysis.leakage import given_labels, given_table, given_vectors, probes
from menan.analysis.leakage.leakage_files import read_json
from menan_bin import menan_attack, menan_probe, menan_results
from tests.analysis.attack.hasty import hasten
from tests.analysis.leakage.given_example import (
    UTTS,
    emotion,
    speaker,
    vectors,
    write_csv,
    write_label_table,
    write_labels,
    write_vectors,
)
from tests.conftest import write_dump

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line for line in LINES if line.startswith("menan-probe ")]
ATTACKS = [line for line in LINES if line.startswith(("menan-attack ", "menan-results "))]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files that the page names, where its commands are typed."""
    folder = tmp_path_factory.mktemp("audit")
    x = vectors()
    python = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(python, {"ids": list(UTTS), "x": x})
    write_label_table(folder / "labels.csv")
    write_labels(folder / "data/test")
    write_vectors(folder, "v.npy", x)
    for name in ("npy", "ids"):
        (folder / f"v.{name}").rename(folder / f"matrix.{name}")
    write_csv(folder / "smile.csv", x)
    write_vectors(folder, "dir", x)
    shutil.copytree(folder / "dir", folder / "release")
    (folder / "dir/embeddings.scp").rename(folder / "xvector.scp")
    shutil.copy(folder / "dir/embeddings.ark", folder / "xvector.ark")
    write_csv(folder / "v.csv", x)
    header, *rows = (folder / "v.csv").read_text().splitlines()
    labels = [f",{speaker(utt)},{emotion(utt)}" for utt in UTTS]
    lines = [f"{header},speaker,emotion", *map(str.__add__, rows, labels)]
    (folder / "with_labels.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(files, tmp_path, monkeypatch, command):
    monkeypatch.chdir(files)
    if "--feats" in command:
        files = shutil.copytree(files, tmp_path / "page")
        monkeypatch.chdir(files)
        utts = write_dump(files / "dump/corpus").with_name("utt2spk").read_text().split()[::2]
        np.savez("theirs.npz", ids=np.array(utts), embeddings=np.random.rand(len(utts), 3))
    monkeypatch.setattr("sys.argv", shlex.split(command))
    with pytest.raises(SystemExit) as exit_:
        menan_probe.main()
    assert exit_.value.code == 0
    found = read_json(files / command.split()[-1])
    assert (found["sets"]["all"]["embeddings"]["raw"] is not None) == ("--feats" in command)


def test_the_attack_of_the_page_runs_to_its_report(files, monkeypatch):
    monkeypatch.chdir(files)
    hasten(monkeypatch)
    for command, main in zip(ATTACKS, (menan_attack.main, menan_results.main), strict=True):
        monkeypatch.setattr("sys.argv", shlex.split(command))
        with pytest.raises(SystemExit) as exit_:
            main()
        assert exit_.value.code == 0
    assert "EER, %, of unseen speakers: any" in (files / "attacks.md").read_text()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(probes, "EPOCHS", 2)
    monkeypatch.setattr(probes, "PENALTIES", (0.1,))


def test_the_page_has_a_command_for_every_kind_of_file():
    named = " ".join(COMMANDS)
    for word in (".npz", ".scp", ".ark", ".npy", ".csv", "--feats", "labels.csv", "data/"):
        assert word in named


def test_the_page_lists_what_the_readers_know():
    plain = PAGE.lower()
    names = (
        *given_labels.ID_COLUMNS,
        *given_labels.LABEL_COLUMNS,
        *given_table.TIME_COLUMNS,
        *given_table.OTHER_LABELS,
        *given_vectors.ID_ARRAYS,
        *given_vectors.MATRIX_ARRAYS,
        *given_vectors.READERS,
    )
    missing = [name for name in names if f"`{name}`" not in plain]
    assert not missing
