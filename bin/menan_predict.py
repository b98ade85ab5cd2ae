"""menan-predict: emotions of audio files."""

from pathlib import Path
from typing import Annotated

import typer

from menan.device import open_device
from menan.inference.predict import predict as predict_files
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def predict(
    model: Annotated[Path, typer.Option(help="a .safetensors file of menan-train")],
    wav: Annotated[list[Path], typer.Argument(help="audio files, one utterance each")],
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
) -> None:
    """Print a line a file: its path, the likeliest emotion, and the posterior of each.

    Example: menan-predict --model exp/menan_seed0/Ses01/Ses01F.best-ua.safetensors a.wav b.flac
    """
    for path, posteriors in zip(wav, predict_files(model, wav, open_device(device)), strict=True):
        best = max(posteriors, key=posteriors.__getitem__)
        shown = " ".join(f"{emotion} {p:.3f}" for emotion, p in posteriors.items())
        print(f"{path}\t{best}\t{shown}", flush=True)


main = main_of(app, "menan-predict")

if __name__ == "__main__":
    main()
