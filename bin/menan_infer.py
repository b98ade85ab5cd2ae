"""menan-infer: posteriors, embeddings and hypotheses by trained models."""

from pathlib import Path
from typing import Annotated

import typer

from menan.device import open_device
from menan.inference.infer import infer as infer_dump
from menan.model.bottlenecks import SEED
from menan_bin.command import Switch, main_of, new_app

app = new_app()


@app.command()
def infer(
    model: Annotated[
        Path, typer.Option(help="a .safetensors file, or a system's directory: all its folds")
    ],
    feats: Annotated[Path, typer.Option(help="feats.scp of a dump directory")],
    out: Annotated[Path, typer.Option(help="directory to write")],
    rule: Annotated[
        str, typer.Option(help="selection rule, with a system's directory")
    ] = "best-ua",
    test_speakers_only: Annotated[
        Switch, typer.Option(help="each model answers for its fold's test speaker only")
    ] = Switch.false,
    seed: Annotated[int, typer.Option(min=0, help="of a bottleneck's noise")] = SEED,
    draws: Annotated[
        int, typer.Option(min=1, help="of a bottleneck's noise: the mean of so many embeddings")
    ] = 1,
    skip_deterministic: Annotated[
        Switch, typer.Option(help="With --draws: write nothing if the models have no noise.")
    ] = Switch.false,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
) -> None:
    """Write posteriors.{ark,scp}, embeddings.{ark,scp} and utt2emo of the original utterances.

    A system's folds go to OUT/<fold>/ each, with --test-speakers-only true together to OUT.

    Example: menan-infer --model exp/menan_seed0 --test-speakers-only true
    --feats dump/iemocap/feats.scp --out exp/menan_seed0/test
    """
    folders = infer_dump(
        *(model, feats, out, open_device(device), rule, bool(test_speakers_only), seed, draws),
        skip_deterministic=bool(skip_deterministic),
    )
    if not folders:
        print(f"{model}: no noise, so there are no draws to average; nothing written")
    for folder in folders:
        print(folder)


main = main_of(app, "menan-infer")

if __name__ == "__main__":
    main()
