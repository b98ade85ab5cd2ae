"""menan-validate: is a data or dump directory whole?"""

from pathlib import Path
from typing import Annotated

import typer

from menan.datadir.validate.directory import validate as validate_directory
from menan_bin.command import Switch, main_of, new_app

app = new_app()


@app.command()
def validate(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A directory with wav.scp or feats.scp.")
    ],
    read_audio: Annotated[
        Switch, typer.Option(help="Read the audio in full, not only its headers.")
    ] = Switch.false,
    allow_pipes: Annotated[
        Switch, typer.Option(help="Accept commands ('... |') in wav.scp; they are not run.")
    ] = Switch.false,
) -> None:
    """Say what is wrong in a data or dump directory: file, line, cure. Exit status 1 if anything.

    Example: menan-validate --read-audio true data/iemocap
    """
    report = validate_directory(directory, bool(read_audio), bool(allow_pipes))
    for line in report.lines():
        print(line)
    if not report.ok:
        raise typer.Exit(1)


main = main_of(app, "menan-validate")

if __name__ == "__main__":
    main()
