"""menan-export: a trained model as ONNX."""

from pathlib import Path
from typing import Annotated

import typer

from menan.inference.export import export_onnx
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def export(
    model: Annotated[Path, typer.Option(help="a .safetensors file of menan-train")],
    out: Annotated[Path, typer.Option(help=".onnx file to write")],
) -> None:
    """Write an ONNX file: features (batch, frames, dims) in, posteriors and embedding out.

    Example: menan-export --model exp/menan_seed0/Ses01/Ses01F.best-ua.safetensors --out m.onnx
    """
    export_onnx(model, out)
    print(out)


main = main_of(app, "menan-export")

if __name__ == "__main__":
    main()
