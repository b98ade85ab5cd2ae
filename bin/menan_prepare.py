"""menan-prepare: a corpus on disk becomes a Kaldi data directory."""

from pathlib import Path
from typing import Annotated

import typer

from menan.corpora import iemocap as iemocap_release
from menan.corpora import mosei as mosei_release
from menan.corpora import ravdess as ravdess_release
from menan.corpora import table as table_file
from menan.corpora.description import describe
from menan.corpora.preparation import Preparation
from menan.corpora.table_row import parse_map
from menan.datadir.utterances import write_datadir
from menan_bin.command import Switch, main_of, new_app

app = new_app()

Root = Annotated[Path, typer.Argument(metavar="ROOT", help="Folder of the release.")]
Data = Annotated[Path, typer.Argument(metavar="DATA", help="Data directory to write.")]


@app.callback()
def prepare() -> None:
    """Write the data directory of a corpus, and report what it holds and what it lacks.

    Example: menan-prepare iemocap /corpora/IEMOCAP_full_release data/iemocap
    """


@app.command()
def iemocap(root: Root, data: Data) -> None:
    """IEMOCAP: ROOT holds Session1 to Session5, or some of them."""
    _write(iemocap_release.prepare(root), root, data)


@app.command()
def mosei(
    root: Root,
    data: Data,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="CMU_MOSEI_Labels.csd, or a CSV of it; searched for in ROOT if not given."
        ),
    ] = None,
) -> None:
    """CMU-MOSEI: ROOT holds Raw/Audio/Full/WAV_16000."""
    _write(mosei_release.prepare(root, labels), root, data)


@app.command()
def ravdess(
    root: Root,
    data: Data,
    calm_as_neutral: Annotated[
        Switch, typer.Option(help="Take the calm utterances as neutral ones.")
    ] = Switch.false,
) -> None:
    """RAVDESS, speech: ROOT holds Actor_01 to Actor_24, or some of them."""
    _write(ravdess_release.prepare(root, bool(calm_as_neutral)), root, data)


@app.command()
def table(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE",
            help="CSV or TSV file with the columns path, speaker, emotion and, if wanted, utt, "
            "group, start, end, gender, split. Paths are taken from its folder; several emotions "
            "are joined by '|'.",
        ),
    ],
    data: Data,
    map: Annotated[
        str, typer.Option(help="The table's labels: angry=ang,happy=hap; disgust= leaves it out.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Take only the rows with this in their column split.")
    ] = "",
) -> None:
    """Any corpus with a table of its utterances."""
    _write(table_file.prepare(table, parse_map(map), split), table.parent, data)


def _write(preparation: Preparation, root: Path, data: Path) -> None:
    write_datadir(preparation.utterances, data, preparation.corpus, root)
    print(f"{data}: {preparation.corpus}, {describe(preparation, root)}")


main = main_of(app, "menan-prepare")

if __name__ == "__main__":
    main()
