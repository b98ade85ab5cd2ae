"""Where the models of a training lie. Needs no PyTorch."""

from pathlib import Path

from menan.errors import InputError


def system_directories(model: Path) -> list[Path]:
    """The directories of an experiment's systems, sorted; anything else is returned as it is."""
    return sorted({path.parents[1] for path in model.glob("*/*/*.safetensors")}) or [model]


def model_files(model: Path, rule: str) -> list[Path]:
    """The model file itself, or the model files of a system under one rule, sorted."""
    if not model.is_dir():
        return [model]
    files = sorted(model.glob(f"*/*.{rule}.safetensors"))
    if not files:
        others = sorted({path.name.split(".")[-2] for path in model.glob("*/*.safetensors")})
        cure = f"there is {', '.join(others)}; choose --rule" if others else "finish the training"
        raise InputError(f"{model}: no */*.{rule}.safetensors found; {cure}")
    return files
