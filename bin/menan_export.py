"""menan-export: a trained model as ONNX."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def export(
    model: Annotated[Path, typer.Option(help="Model file (.safetensors) of menan-train.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    input_: Annotated[
        Literal["features", "waveform"],
        typer.Option(
            "--input",
            help="What it takes: features (batch, frames, dims), or a waveform (batch, samples) of "
            "16 kHz, full scale at 1. The latter needs features without pitch.",
        ),
    ] = "features",
    plugin: PluginOption = None,
) -> None:
    """Write a model as ONNX: features or a waveform in, posteriors and embedding out.

    Example: menan-export --model exp/menan_seed0/Ses01/Ses01F.best-ua.safetensors --out m.onnx
    """
    load_plugins(plugin or ())

    from menan.inference.export import export_onnx

    export_onnx(model, out, input_)
    print(out)


main = main_of(app, "menan-export")

if __name__ == "__main__":
    main()
