"""menan-infer: posteriors, embeddings and hypotheses of trained models."""

from pathlib import Path
from typing import Annotated

import typer

from menan.device import open_device
from menan.inference.infer import infer as infer_dump
from menan.model.bottlenecks import SEED
from menan.plugins import load_plugins
from menan_bin.command import PluginOption, Switch, main_of, new_app

app = new_app()


@app.command()
def infer(
    model: Annotated[
        Path,
        typer.Option(help="Model file (.safetensors), or directory of a system: all its folds."),
    ],
    feats: Annotated[Path, typer.Option(help="feats.scp of a dump directory.")],
    out: Annotated[Path, typer.Option(help="Directory to write.")],
    rule: Annotated[
        str, typer.Option(help="Selection rule of the models, for the directory of a system.")
    ] = "best-ua",
    test_speakers_only: Annotated[
        Switch, typer.Option(help="Run each model on its fold's test speaker only.")
    ] = Switch.false,
    noise_seed: Annotated[
        int, typer.Option(min=0, help="Seed of the noise of a stochastic bottleneck.")
    ] = SEED,
    draws: Annotated[
        int, typer.Option(min=1, help="Number of noise draws whose embeddings are averaged.")
    ] = 1,
    device: Annotated[str, typer.Option(help="Device: cpu, cuda or cuda:N.")] = "cpu",
    plugin: PluginOption = None,
) -> None:
    """Write posteriors.{ark,scp}, embeddings.{ark,scp}, utt2emo and emotions, without speed copies.

    Each fold of a system has a directory OUT/<fold>; with --test-speakers-only true, all write OUT.

    Example: menan-infer --model exp/menan_seed0 --test-speakers-only true
    --feats dump/iemocap/feats.scp --out exp/menan_seed0/test
    """
    load_plugins(plugin or ())
    folders = infer_dump(
        model, feats, out, open_device(device), rule, bool(test_speakers_only), noise_seed, draws
    )
    for folder in folders:
        print(folder)


main = main_of(app, "menan-infer")

if __name__ == "__main__":
    main()
