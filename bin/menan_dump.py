"""menan-dump: features of a data directory, with speed copies, as Kaldi archives."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.config import load_section, split_option
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import MOST_BAD, DumpOptions, dump_shard
from menan_bin.command import Switch, main_of, new_app

# Programs that run jobs, started as modules so that they need not be on the PATH.
_LAUNCHER = (sys.executable, "-m", "menan_utils.run")
_JOB = (sys.executable, "-m", "menan_bin.menan_dump")

app = new_app()


@app.command()
def dump(
    data: Annotated[Path, typer.Option(help="Data directory: wav.scp, segments, label files.")],
    out: Annotated[Path, typer.Option(help="Dump directory to write feats.scp and its tables to.")],
    config: Annotated[
        Path | None, typer.Option(help="YAML file with a section 'features'.")
    ] = None,
    front_end: Annotated[
        str | None, typer.Option(help="Name of the front-end; kaldi is the paper's.")
    ] = None,
    speeds: Annotated[
        str | None, typer.Option(help="Speaking rates including 1.0, e.g. 0.8,0.9,1.0,1.1,1.2.")
    ] = None,
    nj: Annotated[int, typer.Option(help="Number of parallel jobs.")] = 1,
    cmd: Annotated[
        str | None,
        typer.Option(help="Job launcher with its options, in the grammar of Kaldi's run.pl."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="cpu, cuda or cuda:N, for front-ends that can use a GPU.")
    ] = "cpu",
    skip_bad: Annotated[
        Switch,
        typer.Option(help=f"Leave out and list bad utterances, at most {MOST_BAD:g} % of them."),
    ] = Switch.false,
    allow_pipes: Annotated[
        Switch, typer.Option(help="Let a shell run the commands ('... |') in wav.scp.")
    ] = Switch.false,
    resume: Annotated[Switch, typer.Option(help="Reuse existing results.")] = Switch.true,
    force: Annotated[
        Switch, typer.Option(help="Reuse them even if the audio or the code have changed.")
    ] = Switch.false,
    job: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Extract features from the audio of a data directory: log-mel and pitch, by default.

    Example: menan-dump --data data/iemocap --out dump/iemocap --speeds 0.8,0.9,1.0,1.1,1.2 --nj 4
    """
    features = load_section(
        config, "features", {"front_end": front_end, "speeds": split_option(speeds)}
    )
    options = DumpOptions(
        data,
        out,
        features,
        nj,
        device,
        bool(skip_bad),
        bool(allow_pipes),
        launcher=tuple(shlex.split(cmd)) if cmd else _LAUNCHER,
        job_command=_JOB,
    )
    if job is not None:
        dump_shard(options, job)
        return
    print(dump_features(options, resume=bool(resume), force=bool(force)))


main = main_of(app, "menan-dump")

if __name__ == "__main__":
    main()
