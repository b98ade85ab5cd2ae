"""The extractors of the front-ends: from 16 kHz samples to a feature matrix (rows, dims).

PyTorch takes seconds to import. It is imported where features are computed, so that a command that
only starts jobs does without it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from menan.errors import InputError
from menan.front_ends import FrontEnd, GivenFrontEnd, KaldiFrontEnd, PretrainedFrontEnd

if TYPE_CHECKING:
    from torch import nn


class Extractor(Protocol):
    """Computes the features of one waveform; made once for many of them.

    Where settings are not resolved (:attr:`menan.front_end_settings.FrontEnd.is_resolved`), the
    extractor has an attribute ``settings`` that are.
    """

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Features of 16 kHz samples.

        Args:
            samples: float32 (n,), on the scale of 16-bit integers; not to be changed.

        Returns:
            float32 (rows, dims), with the ``dims`` of the settings and at most their ``rows``
            for samples of at most ``seconds``.

        Raises:
            InputError: samples that no features can be made of, such as too few of them.
        """
        ...


# Makes the extractor of some settings on a device: ``cpu``, ``cuda`` or ``cuda:N``.
ExtractorFactory = Callable[[Any, str], Extractor]


def _kaldi(settings: KaldiFrontEnd, device: str) -> Extractor:
    from menan.features.kaldi import KaldiExtractor

    return KaldiExtractor(settings, device)


def _pretrained(settings: PretrainedFrontEnd, device: str) -> Extractor:
    from menan.features.pretrained import PretrainedExtractor

    return PretrainedExtractor(settings, device)


def _given(settings: GivenFrontEnd, device: str) -> Extractor:
    raise InputError(
        "features that another toolkit made cannot be made from audio here; make them there, and "
        "use menan-infer on their feats.scp"
    )


EXTRACTORS: dict[type[FrontEnd], ExtractorFactory] = {
    KaldiFrontEnd: _kaldi,
    PretrainedFrontEnd: _pretrained,
    GivenFrontEnd: _given,
}


def add_front_end(settings: type[FrontEnd], factory: ExtractorFactory) -> None:
    """Add a front-end, from a plugin: its settings and what makes its extractor.

    Args:
        settings: a frozen dataclass; see :class:`menan.front_ends.FrontEnd`.
        factory: called with the settings and a device; a class with ``__init__(settings, device)``
            and ``__call__(samples)`` will do.

    Raises:
        InputError: the name is taken.
    """
    FrontEnd.add(settings)
    EXTRACTORS[settings] = factory


def make_extractor(settings: FrontEnd, device: str = "cpu") -> Extractor:
    """The extractor of some settings on a device: ``cpu``, ``cuda`` or ``cuda:N``."""
    return EXTRACTORS[type(settings)](settings, device)


def make_module(settings: FrontEnd, is_repeated: bool) -> "nn.Module":
    """The front-end as a PyTorch module, from waveforms to features and their lengths, for ONNX.

    Args:
        is_repeated: whether features are repeated cyclically to ``settings.rows``, or padded.

    Raises:
        InputError: the front-end has no such form.
    """
    if not isinstance(settings, KaldiFrontEnd):
        raise InputError(f"the features of the front-end {settings.name!r} are computed outside")
    from menan.features.kaldi_module import KaldiModule

    return KaldiModule(settings, is_repeated)


def resolved(settings: FrontEnd, device: str = "cpu") -> FrontEnd:
    """The settings with ``rows`` and ``dims`` known, from the extractor where they are not.

    Raises:
        InputError: as :func:`make_extractor`.
    """
    if settings.is_resolved:
        return settings
    extractor: Any = make_extractor(settings, device)
    return extractor.settings


def utterance_features(
    samples: np.ndarray,
    rate: int,
    settings: FrontEnd,
    extractor: Extractor,
    speed: float = 1.0,
) -> np.ndarray:
    """Features of an utterance as recorded: resample to 16 kHz, change speed, crop, extract.

    Args:
        samples: float32 (n,) on the scale of 16-bit integers.
        rate: sampling rate of the samples in Hz.
        extractor: made from ``settings``.
        speed: how many times as fast the copy is spoken.

    Returns:
        float32 (rows, settings.dims), at most settings.rows of them.

    Raises:
        InputError: from the extractor, or features that are not finite or not of the shape that
            the settings announce.
    """
    from menan.features.waveform import centre_crop, speed_copy, to_16_khz

    samples = speed_copy(to_16_khz(samples, rate), speed)
    features = extractor(centre_crop(samples, settings.seconds))
    if fault := settings.shape_fault(features.shape):
        raise InputError(f"its feature matrix {fault}; correct the front-end")
    if not np.isfinite(features).all():
        raise InputError("its features are not finite; look for broken samples in the audio")
    return features.astype(np.float32, copy=False)
