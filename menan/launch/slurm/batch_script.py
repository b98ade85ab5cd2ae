"""The batch script of an array, its files and its submission.

For the log ``x.JOB.log``, the script is ``q/x.sh`` in the log's directory, and SLURM writes what
the tasks print to ``q/x.N.out``.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from menan.errors import InputError
from menan.launch.command_line import Call
from menan.launch.slurm.slurm_conf import SlurmConf

TASK = (sys.executable, "-m", "menan.launch.slurm.array_task")


def script_path(call: Call) -> Path:
    """Path of the array's script, one for all numbers."""
    log, variable = Path(call.log), call.variable
    stem, folder = log.name.removesuffix(".log"), log.parent
    if variable is not None:
        stem = stem.replace(f".{variable}", "").replace(variable, "") or "task"
        while variable in str(folder):
            folder = folder.parent
    return folder / "q" / f"{stem}.sh"


def output_path(call: Call, number: int) -> Path:
    """Path of what one task prints outside its log."""
    script = script_path(call)
    return script.with_name(f"{script.stem}.{number}.out")


def script_text(call: Call) -> str:
    """The script; it quotes the words of the command so that they arrive unchanged."""
    task = shlex.join(TASK)
    if call.threads is not None:
        task += f" --num-threads={call.threads}"
    if call.variable is not None:
        task += f' {call.variable}="${{SLURM_ARRAY_TASK_ID}}"'
    return (
        "#!/bin/bash\n"
        f"cd {shlex.quote(str(Path.cwd()))} || exit 1\n"
        f"exec {task} {shlex.join([call.log, *call.command])}\n"
    )


def submit(call: Call, conf: SlurmConf) -> str:
    """Submit an array and return its job id.

    Raises:
        InputError: an option is wrong, SLURM refuses the array, or sbatch cannot be started.
    """
    line = conf.translate(call.options)
    text, script = script_text(call), script_path(call)
    array = f"--array={call.numbers[0]}-{call.numbers[-1]}"
    if "max-jobs-run" in call.options:
        array += f"%{call.count('max-jobs-run', 1)}"
    # Logs of an earlier call must not be mistaken for logs of this one.
    for number in call.numbers:
        call.of_job(number)[0].unlink(missing_ok=True)
        output_path(call, number).unlink(missing_ok=True)
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text, encoding="utf-8", errors="surrogateescape")
    # sbatch replaces %a by the task's number; any other % in the name must be doubled.
    output = str(script.with_suffix("")).replace("%", "%%") + ".%a.out"
    name = re.sub(r"[^\w.-]", "_", script.stem)
    line += ["--parsable", array, f"--job-name={name}", f"--output={output}", str(script)]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InputError(
            f"{line[0]}: {error.strerror}; to run jobs on this machine use run.py"
        ) from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise InputError(f"{line[0]}: {said[-1]}")
    return done.stdout.strip().partition(";")[0]
