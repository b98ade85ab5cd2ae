"""menan-validate: check a data or dump directory."""

from pathlib import Path
from typing import Annotated

import typer

from menan.ffmpeg import use_ffmpeg
from menan.plugins import load_plugins
from menan_bin.command import FfmpegOption, PluginOption, Switch, main_of, new_app

app = new_app()


@app.command()
def validate(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory with wav.scp or feats.scp.")
    ],
    read_audio: Annotated[
        Switch, typer.Option(help="Read the audio in full, not only its headers.")
    ] = Switch.false,
    allow_pipes: Annotated[
        Switch, typer.Option(help="Accept commands ('... |') in wav.scp; they are not run.")
    ] = Switch.false,
    ffmpeg: FfmpegOption = Switch.false,
    plugin: PluginOption = None,
) -> None:
    """Report each problem of a data or dump directory with file, line and cure.

    The exit status is 1 if there is any problem.

    Example: menan-validate --read-audio true data/iemocap
    """
    load_plugins(plugin or ())
    use_ffmpeg(bool(ffmpeg))
    from menan.datadir.validate.directory import validate as validate_directory

    report = validate_directory(directory, bool(read_audio), bool(allow_pipes))
    for line in report.lines():
        print(line)
    if not report.ok:
        raise typer.Exit(1)


main = main_of(app, "menan-validate")

if __name__ == "__main__":
    main()
