"""menan-results: the paper's tables from trained runs, with intervals, tests and leakage."""

from pathlib import Path
from typing import Annotated

import typer

from menan.config import split_option
from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def results(
    out: Annotated[Path, typer.Option(help="Markdown file to write, such as exp/RESULTS.md.")],
    exp: Annotated[
        Path | None,
        typer.Option(help="Experiment directory: accuracy on unseen speakers (Table 2)."),
    ] = None,
    rule: Annotated[str, typer.Option(help="Selection rule of the headline.")] = "best-ua",
    published: Annotated[
        Path | None,
        typer.Option(help="YAML file of published figures by the same protocol; needs --exp."),
    ] = None,
    cross: Annotated[
        Path | None,
        typer.Option(
            help="Predictions <system>_seed<k>/<fold>/utt2emo on another corpus (Table 3)."
        ),
    ] = None,
    ref: Annotated[Path | None, typer.Option(help="File utt2emo of the corpus of --cross.")] = None,
    leakage: Annotated[
        Path | None, typer.Option(help="Directory of the JSON files of menan-probe.")
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            help="JSON files of other reports, separated by commas; their systems are drawn too."
        ),
    ] = None,
    attacks: Annotated[
        Path | None, typer.Option(help="Directory of the JSON files of menan-attack.")
    ] = None,
    tsne: Annotated[
        Path | None, typer.Option(help="Path without suffix, as given to menan-tsne --out.")
    ] = None,
    command: Annotated[
        str | None, typer.Option(help="Command line that the report names as its origin.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="JSON file of all figures to write.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Page of tables and figures to write; needs --exp.")
    ] = None,
    plugin: PluginOption = None,
) -> None:
    """Write a report on trained systems: accuracy, leakage and attacks, beside the paper's figures.

    Example: menan-results --exp exp --out exp/RESULTS.md --html exp/report.html
    """
    load_plugins(plugin or ())

    from menan.analysis.report.write_report import write_report
    from menan.analysis.tables.collect import ReportSources

    others = tuple(Path(path) for path in split_option(beside) or ())
    sources = ReportSources(
        exp, rule, published, cross, ref, leakage, others, attacks, tsne, command
    )
    print(write_report(sources, out, json_file, html))


main = main_of(app, "menan-results")

if __name__ == "__main__":
    main()
