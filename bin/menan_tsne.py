"""menan-tsne: the embeddings of unseen speakers on a plane."""

from pathlib import Path
from typing import Annotated

import typer

from menan.config import split_option
from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def tsne(
    data: Annotated[
        str,
        typer.Option(
            metavar="<path>",
            help="Data or dump directory with the labels; A,B,... for the dump directories of "
            "several corpora.",
        ),
    ],
    exp: Annotated[Path, typer.Option(help="Experiment directory with the trained systems.")],
    out: Annotated[Path, typer.Option(help="Path without suffix, such as exp/tsne.")],
    infer: Annotated[
        Path | None,
        typer.Option(
            help="Embeddings <system>_seed<k>/<fold> of menan-infer.",
            show_default="EXP/infer/last",
        ),
    ] = None,
    speakers: Annotated[
        str | None,
        typer.Option(help="Speakers to draw, joined by commas.", show_default="one held-out group"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of t-SNE.")] = 0,
    plugin: PluginOption = None,
) -> None:
    """Draw the embeddings of all trained systems by t-SNE, as the paper's Fig. 2.

    Writes the figure as PNG and PDF, and its coordinates as TSV.

    The first seed of each system is drawn, with the same held-out group for all.

    Example: menan-tsne --data data/iemocap --exp exp --infer exp/infer/last --out exp/tsne
    """
    load_plugins(plugin or ())

    from menan.analysis.tsne import tsne_figure

    embeddings = infer or exp / "infer/last"
    for path in tsne_figure(data, exp, embeddings, out, split_option(speakers), seed):
        print(path)


main = main_of(app, "menan-tsne")

if __name__ == "__main__":
    main()
