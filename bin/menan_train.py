"""menan-train: train one or many networks on a dump directory."""

from pathlib import Path
from typing import Annotated, Any

import typer

from menan.config import (
    ModelConfig,
    RunsConfig,
    TrainingConfig,
    load_config,
    parse_share,
    split_option,
)
from menan.encoder_settings import EncoderSettings
from menan.plugins import load_plugins
from menan.settings import ObjectiveSettings
from menan_bin.command import PluginOption, SetOption, Switch, main_of, new_app

app = new_app()
RUNS, TRAINING = RunsConfig(), TrainingConfig()


@app.command()
def train(
    feats: Annotated[
        Path,
        typer.Option(help="feats.scp of a dump directory, or of several corpora: A,B,..."),
    ],
    exp: Annotated[Path, typer.Option(help="Directory for the runs.")],
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML file with the sections model, training and runs; options override it."
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help=f"One or more of {','.join(ObjectiveSettings.table)}, joined by commas.",
            show_default=",".join(one.system for one in RUNS.objective),
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help=f"One of {','.join(EncoderSettings.table)}.",
            show_default=ModelConfig().encoder.name,
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(help="Seeds, joined by commas.", show_default=",".join(map(str, RUNS.seed))),
    ] = None,
    hold_out: Annotated[
        str | None,
        typer.Option(
            help="none, each, groups of spk2group, split (the official split, utt2split), or folds "
            "(each fold of utterances, utt2fold). With several corpora none, each, groups, corpus "
            "(every corpus in turn), or names of corpora.",
            show_default=",".join(RUNS.hold_out),
        ),
    ] = None,
    valid_feats: Annotated[
        Path | None,
        typer.Option(help="feats.scp of speakers to validate on, with --hold-out none."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data.", show_default=str(TRAINING.epochs))
    ] = None,
    set_: SetOption = None,
    plugin: PluginOption = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    store: Annotated[
        Path | None,
        typer.Option(help="Directory on a local disk for frames that exceed the memory."),
    ] = None,
    models_at_once: Annotated[
        int | None,
        typer.Option(help="Models trained side by side.", show_default="as memory allows"),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Threads of the CPU.", show_default="the fastest in a short trial"),
    ] = None,
    share: Annotated[
        str, typer.Option(help="2/4: the second of four shares of the runs, for parallel jobs.")
    ] = "1/1",
    resume: Annotated[Switch, typer.Option(help="Continue from checkpoints.")] = Switch.true,
    force: Annotated[
        Switch, typer.Option(help="Continue although configuration, data or code have changed.")
    ] = Switch.false,
    tensorboard: Annotated[Switch, typer.Option(help="Write scalars for TensorBoard.")] = (
        Switch.false
    ),
) -> None:
    """Train networks: every objective with every seed and every held-out group.

    Writes EXP/<objective>_seed<k>/<held-out group>/ with config.yaml, log.jsonl, checkpoint.pt,
    heldout.npz and the selected weights <fold>.<rule>.safetensors. Settings that differ from the
    defaults become part of the directory's name, such as menan-lambda0.2_seed0.

    Several corpora train together if their labels and features agree. Ids then begin with the
    corpus, as in RAVDESS:01; --set training.balance=corpus draws each corpus equally often.

    Example: menan-train --feats dump/iemocap/feats.scp --exp exp --objective ec,menan
    --hold-out each --set training.lr=2e-3 --set model.bottleneck=noise
    """
    load_plugins(plugin or ())

    from menan.device import open_device
    from menan.engine.stacked.compiler import keep_freed_memory
    from menan.training.experiment import TrainOptions, train_runs

    keep_freed_memory()
    options: dict[str, dict[str, Any]] = {
        "model": {"encoder": encoder},
        "training": {"epochs": epochs},
        "runs": {
            "objective": split_option(objective),
            "seed": split_option(seed),
            "hold_out": split_option(hold_out),
        },
    }
    train_runs(
        feats,
        exp,
        load_config(config, options, set_ or (), ("model", "training", "runs")),
        open_device(device),
        TrainOptions(
            valid_feats=valid_feats,
            resume=bool(resume),
            force=bool(force),
            tensorboard=bool(tensorboard),
            models_at_once=models_at_once,
            threads=threads,
            share=parse_share(share),
            store=store,
        ),
    )


main = main_of(app, "menan-train")

if __name__ == "__main__":
    main()
