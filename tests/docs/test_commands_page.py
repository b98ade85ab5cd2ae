"""docs/commands.md is what docs/make_commands.py writes; its examples work."""

import runpy
import subprocess
import sys

from tests.analysis.leakage.given_example import vectors, write_label_table, write_vectors
from tests.docs.page_blocks import ROOT

SCRIPT = ROOT / "docs" / "make_commands.py"


def test_the_page_is_current():
    # In a process of its own: members that other tests add would stand in the help texts.
    code = f"import runpy; print(runpy.run_path({str(SCRIPT)!r})['page'](), end='')"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == made.stdout, "run: make pages"


def test_every_command_is_on_the_page():
    groups = runpy.run_path(str(SCRIPT))["GROUPS"]
    documented = {f"menan_{name}" for names in groups.values() for name in names}
    assert documented == {path.stem for path in (ROOT / "bin").glob("menan_*.py")}


# The examples follow each other, except for a model of all speakers.
EARLIER = r"""
menan-prepare iemocap $CORPORA/iemocap data/iemocap
menan-prepare ravdess $CORPORA/ravdess data/ravdess
menan-dump --data data/iemocap --out dump/iemocap --speeds 0.8,0.9,1.0,1.1,1.2 \
  --set features.seconds=1
menan-train --feats dump/iemocap/feats.scp --exp exp/all --epochs 1 --set training.lr=2e-3 \
  --set model.bottleneck=noise
"""


def test_the_examples_work(reader):
    reader.types(EARLIER)
    for name in ("a.wav", "b.flac"):
        reader.records(name)
    write_vectors(reader.folder, "v.npz", vectors()).rename(reader.folder / "theirs.npz")
    write_label_table(reader.folder / "labels.csv")
    reader.reads("docs/commands.md")
    for made in ("my.safetensors", "exp/tsne.png", "exp/RESULTS.md", "theirs.json"):
        assert (reader.folder / made).exists(), made
