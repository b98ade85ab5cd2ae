"""menan-probe: how well fresh probes identify the speaker from frozen embeddings."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.summary import leakage_text
from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def probe(
    embeddings: Annotated[
        Path, typer.Option(help="Directory of menan-infer, or one with such a directory per fold.")
    ],
    feats: Annotated[Path, typer.Option(help="The feats.scp of training and inference.")],
    out: Annotated[Path, typer.Option(help="JSON file to write, such as exp/leakage.json.")],
    other: Annotated[
        Path | None, typer.Option(help="Embeddings of another corpus by the same models.")
    ] = None,
    other_feats: Annotated[Path | None, typer.Option(help="The feats.scp of that corpus.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed for splits, probes and the bootstrap.")
    ] = 0,
    plugin: PluginOption = None,
) -> None:
    """Train fresh speaker probes on frozen embeddings and write their accuracies as JSON.

    The probes are logistic regression, an MLP and nearest neighbours. Training speakers, held-out
    speakers and another corpus are probed apart; probes are tested on one half of the utterances
    and learn on the other.

    Example: menan-infer --model exp/menan_seed0 --rule last --feats dump/iemocap/feats.scp
    --out exp/infer/menan; menan-probe --embeddings exp/infer/menan
    --feats dump/iemocap/feats.scp --out exp/menan_seed0/leakage.json
    """
    load_plugins(plugin or ())
    print(leakage_text(write_leakage(embeddings, feats, out, other, other_feats, seed)))


main = main_of(app, "menan-probe")

if __name__ == "__main__":
    main()
