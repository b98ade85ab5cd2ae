"""menan's commands for recipes, each as a fork of one process that has imported PyTorch already.

Probes and attackers hardly learn there.

A recipe starts dozens of commands, and each takes seconds to import what it needs.
:func:`warm_tree` makes a tree like that of the repository, in which each command is a small client:
it hands its arguments, working directory, environment and open files to the server, and ends with
the status of the fork. Some tests of recipes and of SLURM run whole recipes with the real commands.
"""

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from menan_bin import menan_dump
from tests.analysis.attack.hasty import hasten
from tests.analysis.leakage.hasty_probes import hasten_probes
from tests.late_imports import late_imports

ROOT = Path(__file__).resolve().parents[2]
COMMAND_FOLDER = ".venv/bin"
COMMANDS = tuple(path.stem for path in sorted((ROOT / "bin").glob("menan_*.py")))
# Scripts beside the commands start the python3 of this environment.
WITH_PYTHON = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
CLIENT = """\
#!{python} -IS
import json, os, socket, sys

task = [[os.path.basename(sys.argv[0]), *sys.argv[1:]], os.getcwd(), dict(os.environ)]
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [json.dumps(task).encode() + b"\\n"], [0, 1, 2])
status = server.makefile().read()
sys.exit(int(status) if status else "the command was killed")
"""


@contextmanager
def warm_tree(folder: Path) -> Iterator[Path]:
    """A tree like that of the repository, with egs/ and utils/, whose commands start at once."""
    address = str(folder / "socket")
    commands = folder / "tree" / COMMAND_FOLDER
    commands.mkdir(parents=True)
    for name in ("egs", "utils"):
        (folder / "tree" / name).symlink_to(ROOT / name)
    for name in COMMANDS:
        script = commands / name.replace("_", "-")
        script.write_text(CLIENT.format(python=sys.executable, address=address))
        script.chmod(0o755)
    command = [sys.executable, "-m", "tests.recipes.warm", address]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # forks and threads do not mix
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    yield folder / "tree"
    server.terminate()
    server.communicate()


def serve(address: str) -> None:
    """Fork for every client."""
    for name in (*(f"menan_bin.{command}" for command in COMMANDS), *late_imports()):
        importlib.import_module(name)
    # Jobs of a dump are forks, too.
    menan_dump.JOB_COMMAND = (str(Path(address).with_name("tree") / COMMAND_FOLDER / "menan-dump"),)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while True:
            client, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                server.close()
                _run(client)
            client.close()
            while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None:
                pass


def _run(client: socket.socket) -> None:
    """Be the command that the client asks for, and end."""
    message, files, *_ = socket.recv_fds(client, 1 << 20, 3)
    while not message.endswith(b"\n"):
        message += client.recv(1 << 20)
    (name, *arguments), directory, environment = json.loads(message)
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [name, *arguments]
    try:
        importlib.import_module(f"menan_bin.{name.replace('-', '_')}").main()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    client.sendall(str(status).encode())
    os._exit(status)


if __name__ == "__main__":
    hasten(pytest.MonkeyPatch())
    hasten_probes(pytest.MonkeyPatch())
    serve(sys.argv[1])
