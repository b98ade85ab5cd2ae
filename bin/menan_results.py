"""menan-results: the paper's tables from trained runs."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.results import write_results
from menan.errors import InputError
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def results(
    out: Annotated[Path, typer.Option(help="markdown file to write, such as exp/RESULTS.md")],
    exp: Annotated[Path | None, typer.Option(help="experiment directory, for Table 2")] = None,
    rule: Annotated[str, typer.Option(help="selection rule of the headline")] = "best-ua",
    cross: Annotated[
        Path | None,
        typer.Option(help="hypotheses <objective>_seed<k>/<fold>/utt2emo, for Table 3"),
    ] = None,
    ref: Annotated[Path | None, typer.Option(help="utt2emo of the corpus of --cross")] = None,
    figure: Annotated[Path | None, typer.Option(help="picture to show, of menan-tsne")] = None,
    command: Annotated[str | None, typer.Option(help="command line to quote")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="also written here")] = None,
) -> None:
    """Write the tables of the paper, ours beside its own, and print them.

    Example: menan-results --exp exp --out exp/RESULTS.md --json exp/results.json
    """
    if exp is None and cross is None:
        raise InputError("nothing to report: give --exp, or --cross with --ref")
    if (cross is None) != (ref is None):
        raise InputError("--cross and --ref go together")
    print(write_results(out, json_file, exp, rule, cross, ref, figure, command))


main = main_of(app, "menan-results")

if __name__ == "__main__":
    main()
