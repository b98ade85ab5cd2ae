"""menan-dump: features of a data directory, with speed copies, as Kaldi archives."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.config import load_config, split_option
from menan.features.dump.jobs import MOST_BAD, Order, dump_part
from menan.features.dump.make_dump import dump_features
from menan_bin.command import Switch, main_of, new_app

app = new_app()

# How several jobs run without --cmd, and the command line of one of them.
LAUNCHER = (sys.executable, "-m", "menan.launch.local")
JOB = (sys.executable, "-m", "menan_bin.menan_dump")


@app.command()
def dump(
    data: Annotated[Path, typer.Option(help="Data directory: wav.scp, segments, label files.")],
    out: Annotated[Path, typer.Option(help="Directory to write feats.scp and its company to.")],
    config: Annotated[Path | None, typer.Option(help="YAML file; its section 'features'.")] = None,
    speeds: Annotated[
        str | None, typer.Option(help="Speaking rates, 1.0 among them: 0.8,0.9,1.0,1.1,1.2.")
    ] = None,
    nj: Annotated[int, typer.Option(help="Parallel jobs.")] = 1,
    cmd: Annotated[
        str | None, typer.Option(help="Launcher of the jobs, as Kaldi's run.pl, with its options.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N, for log-mel.")] = "cpu",
    skip_bad: Annotated[
        Switch, typer.Option(help=f"Leave out and list bad utterances, {MOST_BAD:g} % at most.")
    ] = Switch.false,
    allow_pipes: Annotated[
        Switch, typer.Option(help="Let a shell run the commands ('... |') in wav.scp.")
    ] = Switch.false,
    resume: Annotated[Switch, typer.Option(help="Keep what is there.")] = Switch.true,
    force: Annotated[
        Switch, typer.Option(help="Keep it although audio or code have changed.")
    ] = Switch.false,
    job: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Extract 40 log-mel, NCCF, f0 and log energy a frame from the audio of a data directory.

    Example: menan-dump --data data/iemocap --out dump/iemocap --speeds 0.8,0.9,1.0,1.1,1.2 --nj 4
    """
    features = load_config(config, {"features": {"speeds": split_option(speeds)}}).features
    order = Order(data, out, features, nj, device, bool(skip_bad), bool(allow_pipes))
    if job is not None:
        dump_part(order, job)
        return
    launcher = shlex.split(cmd) if cmd else LAUNCHER
    print(dump_features(order, launcher, JOB, resume=bool(resume), force=bool(force)))


main = main_of(app, "menan-dump")

if __name__ == "__main__":
    main()
