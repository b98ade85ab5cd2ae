"""menan-tsne: the embeddings of unseen speakers on the plane."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.tsne import tsne_figure
from menan.config import split_option
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def tsne(
    data: Annotated[Path, typer.Option(help="data or dump directory with the labels")],
    hyp: Annotated[str, typer.Option(help="one or more directories of menan-infer, by commas")],
    out: Annotated[Path, typer.Option(help="path without suffix, such as exp/tsne")],
    speakers: Annotated[
        str | None, typer.Option(help="by default the models' held-out group")
    ] = None,
    seed: Annotated[int, typer.Option(help="of t-SNE")] = 0,
) -> None:
    """Draw Fig. 2 (PNG and PDF) and save its coordinates (TSV).

    Example: menan-tsne --data data/iemocap --hyp exp/infer/mtl,exp/infer/menan --out exp/tsne
    """
    hyps = [Path(path) for path in split_option(hyp) or []]
    for path in tsne_figure(data, hyps, out, split_option(speakers), seed):
        print(path)


main = main_of(app, "menan-tsne")

if __name__ == "__main__":
    main()
