import psutil
import pytest
import torch

from menan import memory


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Writes a control group of version 2 in place of the machine's; we are in /job_7/step_0."""
    membership = tmp_path / "cgroup"
    membership.write_text("4:memory:/of/version/1\n0::/job_7/step_0\n")
    monkeypatch.setattr(memory, "_MEMBERSHIP", membership)
    monkeypatch.setattr(memory, "_MOUNTED", tmp_path / "mounted")

    def write(name, limit, used, active=0, inactive=0):
        directory = tmp_path / "mounted" / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "memory.max").write_text(f"{limit}\n")
        (directory / "memory.current").write_text(f"{used}\n")
        stat = f"anon {used}\nactive_file {active}\ninactive_file {inactive}\n"
        (directory / "memory.stat").write_text(stat)

    return write


def test_free_memory_is_that_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_MEMBERSHIP", tmp_path / "no such file")
    machine = psutil.virtual_memory()
    assert 0.5 * machine.available < memory.free_bytes("cpu") <= machine.total


def test_a_job_can_use_what_its_control_group_leaves(group):
    group("job_7/step_0", limit=1000, used=700)
    assert memory.free_bytes("cpu") == 300


def test_the_page_cache_of_a_job_counts_as_free(group):
    group("job_7/step_0", limit=1000, used=900, active=150, inactive=250)
    assert memory.free_bytes("cpu") == 500


def test_the_tightest_enclosing_group_limits(group):
    group("job_7/step_0", limit="max", used=100)
    group("job_7", limit=1000, used=800)
    group("", limit=5000, used=800)
    assert memory.free_bytes("cpu") == 200


def test_a_job_beyond_its_limit_has_no_bytes_left(group):
    group("job_7/step_0", limit=1000, used=1200)
    assert memory.free_bytes("cpu") == 0


def test_a_limit_above_free_memory_changes_nothing(group):
    group("job_7/step_0", limit=10**18, used=0)
    assert memory.free_bytes("cpu") <= psutil.virtual_memory().total


def test_a_gpu_reports_its_own_memory(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: asked.append(gpu) or (7, 9))
    assert memory.free_bytes("cuda:1") == 7
    assert asked == [torch.device("cuda:1")]
