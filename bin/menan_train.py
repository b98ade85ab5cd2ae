"""menan-train: train one or many networks on a dump directory."""

from pathlib import Path
from typing import Annotated

import typer

from menan.config import load_section, parse_share, split_option
from menan.device import open_device
from menan.training.experiment import train_runs
from menan.training.objectives import OBJECTIVES
from menan_bin.command import Switch, main_of, new_app

app = new_app()


@app.command()
def train(
    feats: Annotated[Path, typer.Option(help="feats.scp of a dump directory")],
    exp: Annotated[Path, typer.Option(help="where the runs' directories are made")],
    config: Annotated[Path | None, typer.Option(help="YAML: sections training and runs")] = None,
    objective: Annotated[
        str | None, typer.Option(help=f"one or more of {','.join(OBJECTIVES)}; by default menan")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="one or more seeds; by default 0")] = None,
    hold_out: Annotated[
        str | None, typer.Option(help="none, each, or groups of spk2group; by default none")
    ] = None,
    valid_feats: Annotated[
        Path | None, typer.Option(help="feats.scp of speakers to validate on, with --hold-out none")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="passes over the data; by default 300")] = None,
    lambda_: Annotated[
        float | None, typer.Option("--lambda", help="weight of the emotion loss; by default 0.5")
    ] = None,
    bottleneck: Annotated[
        str | None, typer.Option(help="of the embedding: none, noise or fsq; by default none")
    ] = None,
    noise_sigma: Annotated[
        float | None, typer.Option(help="of --bottleneck noise; by default 1")
    ] = None,
    fsq_levels: Annotated[
        int | None, typer.Option(help="of --bottleneck fsq, a dimension; by default 3")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
    store: Annotated[
        Path | None, typer.Option(help="directory on a local disk for frames too many for memory")
    ] = None,
    models_at_once: Annotated[
        int | None, typer.Option(help="trained side by side; by default what memory holds")
    ] = None,
    share: Annotated[
        str, typer.Option(help="2/4: the second of four shares of the runs, for parallel jobs")
    ] = "1/1",
    resume: Annotated[Switch, typer.Option(help="go on from checkpoints")] = Switch.true,
    force: Annotated[
        Switch, typer.Option(help="go on though configuration, data or code have changed")
    ] = Switch.false,
    tensorboard: Annotated[Switch, typer.Option(help="write scalars for it too")] = Switch.false,
) -> None:
    """Train networks: every objective with every seed and every held-out group.

    Writes EXP/<objective>_seed<k>/<held-out group>/ with config.yaml, log.jsonl, checkpoint.pt,
    heldout.npz and the selected weights <fold>.<rule>.safetensors.

    Example: menan-train --feats dump/train/feats.scp --exp exp --objective ec,menan --hold-out each
    """
    training = load_section(
        config,
        "training",
        {
            "epochs": epochs,
            "lambda": lambda_,
            "bottleneck": bottleneck,
            "noise_sigma": noise_sigma,
            "fsq_levels": fsq_levels,
        },
    )
    runs = load_section(
        config,
        "runs",
        {
            "objective": split_option(objective),
            "seed": split_option(seed),
            "hold_out": split_option(hold_out),
        },
    )
    train_runs(
        feats,
        exp,
        training,
        runs,
        open_device(device),
        valid_feats,
        resume=bool(resume),
        force=bool(force),
        tensorboard=bool(tensorboard),
        models_at_once=models_at_once,
        share=parse_share(share),
        store=store,
    )


main = main_of(app, "menan-train")

if __name__ == "__main__":
    main()
