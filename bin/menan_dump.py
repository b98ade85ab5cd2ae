"""menan-dump: features of a data directory, with speed copies, as Kaldi archives."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.config import Config, load_config, split_option
from menan.errors import MOST_BAD
from menan.ffmpeg import use_ffmpeg
from menan.front_ends import FrontEnd, PretrainedFrontEnd
from menan.plugins import load_plugins
from menan.pretrained_front_end import ENCODER
from menan_bin.command import FfmpegOption, PluginOption, SetOption, Switch, main_of, new_app

# What starts several jobs without --cmd, and the command line of one of them.
LAUNCHER = (sys.executable, "-m", "menan.launch.local")
JOB_COMMAND = (sys.executable, "-m", "menan_bin.menan_dump")

app = new_app()


@app.command()
def dump(
    data: Annotated[Path, typer.Option(help="Data directory: wav.scp, segments, label files.")],
    out: Annotated[Path, typer.Option(help="Dump directory to write feats.scp and its tables to.")],
    config: Annotated[
        Path | None, typer.Option(help="YAML file with a section 'features'; options override it.")
    ] = None,
    front_end: Annotated[
        str | None,
        typer.Option(
            help=f"One of {','.join(FrontEnd.table)}, or one of a plugin.",
            show_default=Config().features.name,
        ),
    ] = None,
    pretrained: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_NAME",
            help="Folder of a speech encoder, or its name on the Hugging Face hub; makes the "
            "front-end pretrained.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(help="Hidden states of the encoder: all, 3 or 2-6.", show_default="all"),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(
            help="stats: mean and deviation over time of each layer; none: frames of one layer.",
            show_default="stats",
        ),
    ] = None,
    speeds: Annotated[
        str | None, typer.Option(help="Speaking rates including 1.0, e.g. 0.8,0.9,1.0,1.1,1.2.")
    ] = None,
    set_: SetOption = None,
    plugin: PluginOption = None,
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
    ffmpeg: FfmpegOption = Switch.false,
    resume: Annotated[Switch, typer.Option(help="Reuse existing results.")] = Switch.true,
    force: Annotated[
        Switch, typer.Option(help="Reuse them even if the audio or the code have changed.")
    ] = Switch.false,
    job: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Extract features from the audio of a data directory: log-mel and pitch, by default.

    Example: menan-dump --data data/iemocap --out dump/iemocap --speeds 0.8,0.9,1.0,1.1,1.2 --nj 4
    """
    load_plugins(plugin or ())
    use_ffmpeg(bool(ffmpeg))
    if pretrained is not None and front_end is None:
        front_end = PretrainedFrontEnd.name
    given = {
        "front_end": front_end,
        ENCODER: pretrained,
        "layers": layers,
        "pool": pool,
        "speeds": split_option(speeds),
    }
    features = load_config(config, {"features": given}, set_ or (), ("features",)).features
    from menan.features.dump.dump_features import dump_features
    from menan.features.dump.jobs import DumpOptions, dump_shard

    options = DumpOptions(
        data,
        out,
        features,
        nj,
        device,
        bool(skip_bad),
        bool(allow_pipes),
        launcher=tuple(shlex.split(cmd)) if cmd else LAUNCHER,
        job_command=(
            *JOB_COMMAND,
            f"--ffmpeg={ffmpeg.value}",
            *(f"--plugin={path}" for path in plugin or ()),
        ),
    )
    if job is not None:
        dump_shard(options, job)
        return
    print(dump_features(options, resume=bool(resume), force=bool(force)))


main = main_of(app, "menan-dump")

if __name__ == "__main__":
    main()
