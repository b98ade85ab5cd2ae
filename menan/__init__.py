"""Speech emotion recognition that keeps the emotion and drops the speaker.

The names below are menan's public Python face. Each is imported when it is first used, so that
``import menan`` loads neither torch nor numpy. Other modules may change between versions.

>>> import menan
>>> menan.LabelSet(("calm", "fear")).chance
0.5

Use a trained model:

- ``load_model``: a model that hears recordings: ``EmotionModel`` with ``predict``, ``windows`` and
  ``embed``, which return ``Prediction`` objects; its ``network`` is a PyTorch module.
- ``infer``: posteriors and embeddings of a dump directory, written as Kaldi archives.
- ``NoiseKey``, ``NoiseSeed``: where the noise of ``infer`` and ``load_model`` comes from: a secret
  key for a release, or a public seed for measurements.
- ``score``, ``score_files``: WA and UA of predicted emotions in memory, and in files.
- ``probe``, ``attack``: how well the speaker is recognised from embeddings, by fresh probes and by
  attackers who collect many utterances.

Read data:

- ``read_metadata``: the label files of a data or dump directory.
- ``LabelSet``: the emotions of a data set or a model, in order.

Extend menan, usually in a file for ``--plugin`` (docs/extend.md):

- ``FrontEnd``, ``Extractor``, ``add_front_end``: from 16 kHz samples to a feature matrix.
- ``EncoderSettings``, ``Encoder``, ``add_encoder``: from features to the embedding v.
- ``BottleneckSettings``, ``Bottleneck``, ``add_bottleneck``: from v to the released embedding z.
- ``ObjectiveSettings``, ``Objective``, ``Step``, ``add_objective``: the loss.
- ``load_plugins``: the files that ``--plugin`` names, for use in Python.

Wrong input raises ``InputError``: one line that names the file, the place in it and the cure.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

# Where each public name is defined. __init__.pyi says the same to type checkers.
_DEFINED_IN = {
    "Bottleneck": "menan.model.bottlenecks",
    "BottleneckSettings": "menan.settings",
    "Encoder": "menan.model.encoder",
    "EmotionModel": "menan.inference.emotion_model",
    "EncoderSettings": "menan.encoder_settings",
    "Extractor": "menan.features.front_end",
    "FrontEnd": "menan.front_ends",
    "InputError": "menan.errors",
    "LabelSet": "menan.labels",
    "NoiseKey": "menan.inference.noise_key",
    "NoiseSeed": "menan.inference.noise_key",
    "Objective": "menan.training.objectives",
    "ObjectiveSettings": "menan.settings",
    "Prediction": "menan.inference.prediction",
    "Step": "menan.training.objectives",
    "add_bottleneck": "menan.model.bottlenecks",
    "add_encoder": "menan.model.encoders",
    "add_front_end": "menan.features.front_end",
    "add_objective": "menan.training.objectives",
    "attack": "menan.analysis.audit",
    "infer": "menan.inference.infer",
    "load_model": "menan.inference.emotion_model",
    "load_plugins": "menan.plugins",
    "probe": "menan.analysis.audit",
    "read_metadata": "menan.datadir.metadata",
    "score": "menan.scoring.score_lists",
    "score_files": "menan.scoring.score",
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
