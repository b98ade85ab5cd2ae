"""A recipe on the cluster: what it gives is to the bit what it gives on one machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from menan.corpora.synthetic.release import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from tests.faults.killing import snapshot
from tests.slurm.cluster import await_until

RECIPE = Path(__file__).resolve().parents[2] / "egs" / "iemocap"
HOURS = re.compile(rb'"hours": [\d.]+|[\d.]+ h(ours)?\b')
CONFIG = """
features: {seconds: 1, speeds: [0.8, 0.9, 1.0, 1.1, 1.2]}
training: {epochs: 60, batch_size: 8}
runs: {objective: [mtl, menan], hold_out: each}
"""


class Recipe:
    """egs/iemocap in a directory, always the same one: paths stand in what it writes."""

    def __init__(self, directory):
        self.work = directory / "work"
        self.config = directory / "tiny.yaml"
        self.corpus = directory / "corpus"

    def begin(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def start(self, environment, **stages):
        options = [f"--{name.replace('_', '-')}={value}" for name, value in stages.items()]
        options += ["--nj=2", "--train-nj=2", f"--corpus-root={self.corpus}"]
        return subprocess.Popen(
            [RECIPE / "run.sh", f"--config={self.config}", f"--work={self.work}", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**environment, "OMP_NUM_THREADS": "1"},
        )

    def end(self, process):
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said

    def outcome(self):
        """All that was written, without logs, the launchers' own files and the hours it took."""
        return {
            name: HOURS.sub(b"", content)
            for name, content in snapshot(self.work).items()
            if "/log/" not in f"/{name}"
        }


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    recipe = Recipe(tmp_path_factory.mktemp("recipe"))
    recipe.config.write_text(CONFIG)
    synthesize_iemocap(recipe.corpus, 0, 2, 4, Lengths(0.6, 1.0))
    return recipe


@pytest.fixture(scope="module")
def local(recipe, running_cluster):
    """What the recipe gives on this machine; only asked for where there is a cluster."""
    recipe.begin()
    recipe.end(recipe.start(os.environ))
    return recipe.outcome()


@pytest.fixture
def on_cluster(cluster):
    return {**cluster.environment, "cmd_backend": "slurm"}


def differences(found, wanted):
    names = found.keys() | wanted.keys()
    return sorted(name for name in names if found.get(name) != wanted.get(name))


def test_the_whole_recipe_gives_the_bits_of_the_local_one(recipe, local, on_cluster):
    recipe.begin()
    recipe.end(recipe.start(on_cluster))
    assert differences(recipe.outcome(), local) == []
    queues = sorted(path.parent.parent.name for path in recipe.work.glob("**/log/q"))
    assert queues == ["iemocap_tiny", "tiny"]  # of the dump and of the experiment


@pytest.mark.parametrize(
    ("stage", "begun"),
    [(2, "dump/iemocap_tiny/.menan-*.feats.*.ark"), (3, "exp/tiny/*/*/checkpoint.pt")],
)
def test_a_node_that_dies_in_the_middle_changes_nothing(
    recipe, local, cluster, on_cluster, stage, begun
):
    recipe.begin()
    recipe.end(recipe.start(os.environ, stage=0, stop_stage=stage - 1))
    process = recipe.start(on_cluster, stage=stage, stop_stage=stage)
    await_until(lambda: list(recipe.work.glob(begun)), seconds=120)
    node = cluster.ask("squeue", "--noheader", "--states=RUNNING", "--format=%N").split()[0]
    cluster.kill_node(node)
    try:
        await_until(lambda: "down" in cluster.ask("sinfo", "--noheader", "--Node", "-o", "%N %T"))
        recipe.end(process)
    finally:
        cluster.start_node(node)
    found = recipe.outcome()
    assert {name: local[name] for name in found} == found
    assert any(name.endswith(("feats.scp", "heldout.npz")) for name in found)
