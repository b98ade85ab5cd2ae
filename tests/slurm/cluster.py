"""A SLURM cluster of four nodes on this machine: files in one directory, loopback network only."""

import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SLURM = Path(__file__).resolve().parents[2] / "utils" / "slurm.py"
NODES = ("n1", "n2", "n3", "n4")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "scancel", "sinfo", "squeue")
PATH = f"{os.environ['PATH']}:/usr/sbin"  # the daemons are in /usr/sbin


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Cluster:
    """A context manager: starts the cluster, and ends everything that it has started."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.conf = directory / "slurm.conf"
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(self.conf)}
        self.processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "Cluster":
        self._configure()
        try:
            self._start_munge()
            self.start_controller()
            for node in NODES:
                self.start_node(node)
            self.await_nodes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait()
        kill_at_once(processes_with(f"SLURM_CONF={self.conf}"))

    def _configure(self) -> None:
        key = self.directory / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        host, (controller, *nodes) = socket.gethostname().split(".")[0], free_ports(5)
        for device in ("gpu0", "gpu1"):
            (self.directory / device).touch()
        (self.directory / "gres.conf").write_text(f"Name=gpu File={self.directory}/gpu[0-1]\n")
        settings = {
            "ClusterName": "test",
            "SlurmctldHost": f"{host}(127.0.0.1)",
            "SlurmctldPort": controller,
            "SlurmUser": getpass.getuser(),
            "SlurmdUser": getpass.getuser(),
            "AuthType": "auth/munge",
            # A requeued task waits until credentials of the dead node expire: at least 5 s.
            "AuthInfo": f"socket={self.directory}/munge.socket,cred_expire=5",
            "ProctrackType": "proctrack/linuxproc",
            "TaskPlugin": "task/none",
            "SelectType": "select/cons_tres",
            "SelectTypeParameters": "CR_Core",
            "SchedulerParameters": "sched_interval=1,batch_sched_delay=1",
            "GresTypes": "gpu",
            "ReturnToService": 2,
            "JobRequeue": 1,
            # A node that does not answer soon counts as dead.
            "MessageTimeout": 5,
            "SlurmdTimeout": 5,
            "KillWait": 3,
            # The controller soon forgets ended jobs.
            "MinJobAge": 2,
            "SlurmdParameters": "config_overrides",
            "StateSaveLocation": self.directory / "state",
            "SlurmdSpoolDir": self.directory / "spool.%n",
            "SlurmctldPidFile": self.directory / "slurmctld.pid",
            "SlurmdPidFile": self.directory / "slurmd.%n.pid",
            "SlurmctldLogFile": self.directory / "slurmctld.log",
            "SlurmdLogFile": self.directory / "slurmd.%n.log",
        }
        lines = [f"{name}={value}" for name, value in settings.items()]
        lines += [
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 "
            "RealMemory=64000 Gres=gpu:2"
            for node, port in zip(NODES, nodes, strict=True)
        ]
        lines.append("PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP")
        self.conf.write_text("\n".join(lines) + "\n")

    def _start(self, name: str, *command: str) -> None:
        log = (self.directory / f"{name}.out").open("ab")
        with log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )

    def _start_munge(self) -> None:
        own = self.directory
        files = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid"}
        files |= {"log-file": "munge.log", "seed-file": "munge.seed"}
        options = [f"--{option}={own / name}" for option, name in files.items()]
        self._start("munged", "munged", "--foreground", "--force", *options)
        await_until((own / "munge.socket").exists)

    def start_controller(self, *options: str) -> None:
        self._start("slurmctld", "slurmctld", "-D", *options)

    def start_node(self, node: str) -> None:
        self._start(node, "slurmd", "-D", "-N", node)

    def stop_controller(self) -> None:
        process = self.processes["slurmctld"]
        process.terminate()
        process.wait()

    def kill_node(self, node: str) -> None:
        """Simulate a power cut: kill slurmd, then slurmstepd of its tasks before it can report."""
        self.processes[node].kill()
        self.processes[node].wait()
        tasks = processes_with(f"SLURMD_NODENAME={node}", f"SLURM_CONF={self.conf}")
        keepers = [pid for pid in map(parent, tasks) if "slurmstepd" in command_line(pid)]
        kill_at_once([*keepers, *tasks])

    def await_nodes(self) -> None:
        """Wait until all nodes are up; some may be busy."""

        def states() -> set[str]:
            return set(self.ask("sinfo", "--noheader", "--Node", "--format=%T").split())

        await_until(lambda: {"idle"} <= states() <= {"idle", "mixed", "allocated"})

    def start_launcher(self, directory: Path, *words: object) -> subprocess.Popen:
        """Start slurm.py in a directory, as a recipe does."""
        return subprocess.Popen(
            [sys.executable, SLURM, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=directory,
        )

    def ask(self, *command: str) -> str:
        """Output of a SLURM program."""
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        return done.stdout


def await_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{seconds} s have not sufficed"
        time.sleep(0.05)


def processes_with(*settings: str) -> list[int]:
    """Processes whose environment has all of these settings, ``NAME=value``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if set(map(os.fsencode, settings)) <= set(path.read_bytes().split(b"\0")):
                found.append(int(path.parent.name))
    return found


def parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return 0


def command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def kill_at_once(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
