"""menan-results: the paper's tables from trained runs, with intervals, tests and leakage."""

import json
from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.report.page import report_page
from menan.analysis.tables.results import Sources, results_text
from menan.config import split_option
from menan.errors import InputError
from menan.files.atomic import write_together
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
    leakage: Annotated[
        Path | None, typer.Option(help="directory with the JSON files of menan-probe")
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(help="JSON of other reports, by commas: their utility and leakage, in --html"),
    ] = None,
    tsne: Annotated[
        Path | None, typer.Option(help="path without suffix, as given to menan-tsne --out")
    ] = None,
    command: Annotated[str | None, typer.Option(help="command line to quote")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="also written here")] = None,
    html: Annotated[
        Path | None, typer.Option(help="a page of tables and figures, with --exp")
    ] = None,
) -> None:
    """Write the tables of the paper, ours beside its own, and print them.

    Example: menan-results --exp exp --out exp/RESULTS.md --html exp/report.html
    """
    if exp is None and cross is None:
        raise InputError("nothing to report: give --exp, or --cross with --ref")
    if (cross is None) != (ref is None):
        raise InputError("--cross and --ref go together")
    if leakage is not None and exp is None:
        raise InputError("--leakage is shown beside the accuracy of --exp; give both")
    if html is not None and exp is None:
        raise InputError("--html shows the trainings of --exp; give both")
    others = tuple(Path(path) for path in split_option(beside) or ())
    sources = Sources(exp, rule, cross, ref, leakage, others, tsne, command)
    text, figures = results_text(sources, out)
    files = {out: text}
    if json_file is not None:
        files[json_file] = json.dumps(figures, indent=1) + "\n"
    if html is not None and exp is not None:
        files[html] = report_page(figures, exp, tsne and tsne.with_name(tsne.name + ".tsv"))
    write_together(files)
    print(text)


main = main_of(app, "menan-results")

if __name__ == "__main__":
    main()
