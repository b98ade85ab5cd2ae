"""menan-infer: posteriors, embeddings and hypotheses of trained models."""

from pathlib import Path
from typing import Annotated

import typer

from menan.config import parse_share
from menan.inference.model_paths import system_directories
from menan.plugins import load_plugins
from menan_bin.command import NoiseKeyOption, PluginOption, Switch, main_of, new_app

app = new_app()


@app.command()
def infer(
    model: Annotated[
        Path,
        typer.Option(
            help="Model file (.safetensors), directory of a system (all its folds), or of an "
            "experiment (all its systems)."
        ),
    ],
    feats: Annotated[
        Path,
        typer.Option(
            help="feats.scp of a dump directory; A,B,... for models of several corpora, to have "
            "the ids of the training."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory to write.")],
    rule: Annotated[
        str, typer.Option(help="Selection rule of the models, for a directory.")
    ] = "best-ua",
    test_speakers_only: Annotated[
        Switch, typer.Option(help="Run each model on its fold's test speaker only.")
    ] = Switch.false,
    noise_key: NoiseKeyOption = None,
    noise_seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Public seed of the noise, for measurements that can be repeated. Everybody can "
            "subtract this noise: never release the result.",
        ),
    ] = None,
    draws: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Number of noise draws whose embeddings are averaged."
        ),
    ] = 1,
    skip_deterministic: Annotated[
        Switch, typer.Option(help="With --draws: write nothing for models without noise.")
    ] = Switch.false,
    share: Annotated[
        str, typer.Option(help="2/4: the second of four shares of the systems, for parallel jobs.")
    ] = "1/1",
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    plugin: PluginOption = None,
) -> None:
    """Write posteriors.{ark,scp}, embeddings.{ark,scp}, utt2emo and emotions, without speed copies.

    Each fold of a system has a directory OUT/<fold>; with --test-speakers-only true, all write OUT.
    The systems of an experiment have directories OUT/<system>. A stochastic bottleneck takes its
    noise from a secret key: that of --noise-key, or a fresh one that is thrown away.

    Example: menan-infer --model exp/menan_seed0 --test-speakers-only true
    --feats dump/iemocap/feats.scp --out exp/infer/menan_seed0
    """
    load_plugins(plugin or ())
    number, shares = parse_share(share)
    systems = system_directories(model)[number - 1 :: shares]
    if not systems:
        print(f"--share {share}: no system is left for this job; nothing written")
        return
    # PyTorch takes seconds to import, and a job without a system does not need it.
    from menan.device import open_device
    from menan.inference.infer import infer as infer_dump
    from menan.inference.noise_key import source_from

    noise = source_from(noise_key, noise_seed, out)
    for system in systems:
        folders = infer_dump(
            system,
            feats,
            out if system == model else out / system.name,
            open_device(device),
            rule=rule,
            test_speakers_only=bool(test_speakers_only),
            noise=noise,
            draws=draws,
            skip_deterministic=bool(skip_deterministic),
        )
        if not folders:
            print(f"{system}: the bottleneck has no noise; nothing written")
        for folder in folders:
            print(folder)


main = main_of(app, "menan-infer")

if __name__ == "__main__":
    main()
