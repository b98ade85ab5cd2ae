"""menan-folds: the speakers that test, validate and train in each fold."""

from pathlib import Path
from typing import Annotated

import typer

from menan.datadir.fold_table import fold_table, format_fold_table, write_fold_table
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def folds(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Data or dump directory.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="TSV file for the table.", show_default="DATA/folds.tsv"),
    ] = None,
) -> None:
    """Print and write the leave-one-speaker-out folds, one line per fold.

    A group of spk2group is held out. Each of its speakers tests once, the next one validates, and
    the speakers of all other groups train. Numbers of utterances do not include speed copies.

    Example: menan-folds data/iemocap
    """
    rows = fold_table(data)
    write_fold_table(out or data / "folds.tsv", rows)
    print(format_fold_table(rows))


main = main_of(app, "menan-folds")

if __name__ == "__main__":
    main()
