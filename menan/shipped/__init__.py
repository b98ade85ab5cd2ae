"""The models that come with menan, to try it: ``<name>.safetensors`` in this folder.

egs/ravdess/models.sh makes them.
"""

from pathlib import Path

DEFAULT = "ravdess-kaldi"


def shipped_models() -> dict[str, Path]:
    """The files of the models, by name."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.safetensors"))}
