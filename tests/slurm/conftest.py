"""The cluster that the tests of this directory share, and fixtures that call slurm.py on it."""

import pytest

from tests.slurm.cluster import Cluster, missing_programs


@pytest.fixture(scope="session")
def running_cluster(tmp_path_factory):
    missing = missing_programs()
    if missing:
        pytest.skip(f"needs SLURM (Debian: slurm-wlm, munge); missing: {', '.join(missing)}")
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def cluster(running_cluster):
    """The cluster, with all of its nodes up."""
    running_cluster.await_nodes()
    return running_cluster


@pytest.fixture
def start(cluster, tmp_path):
    """Start slurm.py in the test's directory; it is killed after the test."""
    started = []

    def start(*words):
        started.append(cluster.start_launcher(tmp_path, *words))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start):
    """Call slurm.py and wait; returns its exit status and stderr."""

    def run(*words):
        process = start(*words)
        out, said = process.communicate(timeout=90)
        assert out == ""
        return process.returncode, said

    return run
