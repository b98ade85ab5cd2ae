"""The batch script of an array, its files and its submission.

What SLURM runs and prints stands below ``q/`` in the log's directory: ``q/x.sh`` and ``q/x.N.out``
for ``x.JOB.log``.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

if __package__:
    from menan_utils.call import Call, CallError
    from menan_utils.slurm_conf import SlurmConf
else:  # called as a script
    from call import Call, CallError
    from slurm_conf import SlurmConf

TASK = Path(__file__).resolve().with_name("slurm_task.py")


def script_path(call: Call) -> Path:
    """Where the script of an array stands; there is one for all numbers."""
    log, variable = Path(call.log), call.variable
    stem, folder = log.name.removesuffix(".log"), log.parent
    if variable is not None:
        stem = stem.replace(f".{variable}", "").replace(variable, "") or "task"
        while variable in str(folder):
            folder = folder.parent
    return folder / "q" / f"{stem}.sh"


def output_path(call: Call, number: int) -> Path:
    """What a task prints besides its log."""
    script = script_path(call)
    return script.with_name(f"{script.stem}.{number}.out")


def script_text(call: Call) -> str:
    """The script; the command's words stand in it just as they were given."""
    task = shlex.join([sys.executable, str(TASK)])
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
    """Submit an array; its job id.

    Raises:
        CallError: a wrong option, or one that SLURM refuses.
    """
    line = conf.translate(call.options)
    text, script = script_text(call), script_path(call)
    array = f"--array={call.numbers[0]}-{call.numbers[-1]}"
    if "max-jobs-run" in call.options:
        array += f"%{call.count('max-jobs-run', 1)}"
    # What an earlier call has left must not be taken for this one's.
    for number in call.numbers:
        call.of_job(number)[0].unlink(missing_ok=True)
        output_path(call, number).unlink(missing_ok=True)
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text, encoding="utf-8", errors="surrogateescape")
    # sbatch replaces %a, and would other words with % in a directory's name.
    output = str(script.with_suffix("")).replace("%", "%%") + ".%a.out"
    name = re.sub(r"[^\w.-]", "_", script.stem)
    line += ["--parsable", array, f"--job-name={name}", f"--output={output}", str(script)]
    try:
        done = subprocess.run(line, capture_output=True, text=True)
    except OSError as error:
        raise CallError(f"{line[0]}: {error.strerror}; run.py runs jobs on this machine") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise CallError(f"{line[0]}: {said[-1]}")
    return done.stdout.strip().partition(";")[0]
