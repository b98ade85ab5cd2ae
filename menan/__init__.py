"""Speech emotion recognition that keeps the emotion and drops the speaker.

The names below are menan's public Python face. Each is imported when it is first used, so that
``import menan`` loads neither torch nor numpy. Other modules may change between versions.

>>> import menan
>>> menan.LabelSet(("calm", "fear")).chance
0.5

Use a trained model:

- ``predict``: the emotions of audio files.
- ``infer``: posteriors and embeddings of a dump directory, written as Kaldi archives.
- ``load_model``: the network and its model card, to use in PyTorch.
- ``score_files``: WA and UA of hypotheses.

Read data:

- ``read_labels``: the label files of a data or dump directory.
- ``LabelSet``: the emotions of a data set or a model, in order.

Wrong input raises ``InputError``: one line that names the file, the place in it and the cure.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

# Where each public name is defined. __init__.pyi says the same to type checkers.
_DEFINED_IN = {
    "InputError": "menan.errors",
    "LabelSet": "menan.labels",
    "infer": "menan.inference.infer",
    "load_model": "menan.model.model_file",
    "predict": "menan.inference.predict",
    "read_labels": "menan.datadir.metadata",
    "score_files": "menan.scoring.files",
}

__all__ = ["__version__", *_DEFINED_IN]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_DEFINED_IN[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
