"""A recipe on the cluster writes the same bits as on one machine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from tests.faults.killing import snapshot
from tests.recipes.warm import WITH_PYTHON, warm_tree
from tests.slurm.cluster import await_until

ROOT = Path(__file__).resolve().parents[2]
HOURS = re.compile(rb'"hours": [\d.]+|[\d.]+ h(ours)?\b')
CONFIG = """
features: {seconds: 1, speeds: [0.8, 0.9, 1.0, 1.1, 1.2]}
training: {epochs: 20, batch_size: 8}
runs: {objective: menan, hold_out: each}
"""


class Recipe:
    """egs/iemocap in one directory, always the same, because its outputs contain paths."""

    def __init__(self, directory):
        self.work = directory / "work"
        self.config = directory / "tiny.yaml"
        self.corpus = directory / "corpus"
        self.kept = directory / "kept"

    def begin(self, *folders):
        """Start with an empty directory, or with some folders of the run that was kept."""
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in folders:
            shutil.copytree(self.kept / folder, self.work / folder)

    def keep(self):
        self.work.rename(self.kept)

    def start(self, environment, tree=ROOT, **stages):
        options = [f"--{name.replace('_', '-')}={value}" for name, value in stages.items()]
        options += ["--nj=2", "--train-nj=2", f"--corpus-root={self.corpus}"]
        return subprocess.Popen(
            [
                tree / "egs/iemocap/run.sh",
                f"--config={self.config}",
                f"--work={self.work}",
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**environment, "OMP_NUM_THREADS": "1"},
        )

    def end(self, process):
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said

    def outcome(self):
        """All files written, without logs, files of the launchers and durations."""
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
def tree(tmp_path_factory):
    """Commands that are forks of one process; those of a node that dies are their own processes."""
    with warm_tree(tmp_path_factory.mktemp("warm")) as tree:
        yield tree


@pytest.fixture(scope="module")
def local(recipe, running_cluster, tree):
    """Outputs of the recipe on this machine; only needed if there is a cluster."""
    recipe.begin()
    recipe.end(recipe.start(WITH_PYTHON, tree))
    outcome = recipe.outcome()
    recipe.keep()
    return outcome


@pytest.fixture
def on_cluster(cluster):
    path = f"{Path(sys.executable).parent}:{cluster.environment['PATH']}"
    return {**cluster.environment, "PATH": path, "cmd_backend": "slurm"}


def differences(found, wanted):
    names = found.keys() | wanted.keys()
    return sorted(name for name in names if found.get(name) != wanted.get(name))


def test_the_whole_recipe_gives_the_bits_of_the_local_one(recipe, local, tree, on_cluster):
    recipe.begin()
    recipe.end(recipe.start(on_cluster, tree))
    assert differences(recipe.outcome(), local) == []
    queues = sorted(path.parent.parent.name for path in recipe.work.glob("**/log/q"))
    assert queues == ["iemocap_tiny", "tiny"]  # of the dump and of the experiment


@pytest.mark.parametrize(
    ("stage", "made", "begun"),
    [
        (2, ["data"], "dump/iemocap_tiny/.menan-*.feats.*.ark"),
        (3, ["data", "dump"], "exp/tiny/*/*/checkpoint.pt"),
    ],
)
def test_a_node_that_dies_in_the_middle_changes_nothing(
    recipe, local, cluster, on_cluster, stage, made, begun
):
    recipe.begin(*made)
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
