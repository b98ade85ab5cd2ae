"""Emotions of audio files, from the waveform."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from menan.audio import audio_info, read_audio
from menan.device import open_device
from menan.errors import InputError
from menan.features.front_end import Extractor, make_extractor, utterance_features
from menan.features.store import FrameStore
from menan.front_ends import FrontEnd
from menan.inference.infer import log_posteriors_and_embeddings
from menan.inference.noise_key import NoiseKey, refuse_needless_key
from menan.model.model_file import load_model
from menan.sound_check import SoundCheck, file_warnings


def predict(
    model: str | Path,
    wavs: Iterable[str | Path],
    device: str | torch.device = "cpu",
    pretrained: str | None = None,
    noise: NoiseKey | None = None,
    channel: int | None = None,
    bad: dict[str, str] | None = None,
) -> Iterator[dict[str, float]]:
    """Posteriors of audio files, one file at a time.

    Features are computed with the settings of the model's training. What is odd about a recording
    (silence, clipping, channels that cancel) is reported on stderr.

    Args:
        wavs: files of any sample rate and number of channels, one utterance each.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        pretrained: folder or hub name of the encoder that the model's features come from, where it
            is not where the card says.
        noise: key of the noise of a stochastic bottleneck; without it a fresh key is drawn.
        channel: take only this channel, counted from 1; None averages all channels.
        bad: where to note the reason for each file that cannot be predicted, by path, and go on;
            None raises it.

    Yields:
        Posterior by emotion, in the order of the model's label set; nothing for a bad file.

    Raises:
        InputError: no model, a noise key for a model without noise, or a file that is not audio
            or too short for one frame.
    """
    device = open_device(str(device))
    network, card = load_model(model, device)
    source = noise or NoiseKey.fresh()
    refuse_needless_key(source, network, model)
    settings = card.features if pretrained is None else card.features.located(pretrained)
    try:
        extractor = make_extractor(settings, str(device))
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    for wav in wavs:
        try:
            features = _features(wav, channel, card.features, extractor)
        except InputError as error:
            if bad is None:
                raise
            bad[str(wav)] = str(error)
            yield {}
            continue
        store = FrameStore(
            utts=(Path(wav).stem,),
            frames=torch.from_numpy(features).to(device),
            first=torch.zeros(1, dtype=torch.int64, device=device),
            length=torch.tensor([len(features)], device=device),
        )
        index = torch.zeros(1, dtype=torch.int64, device=device)
        log_posteriors, _ = log_posteriors_and_embeddings(
            network,
            store,
            index,
            card.features.rows,
            source.draw(network, store, index),
        )
        yield dict(zip(card.emotions, log_posteriors[0].exp().tolist(), strict=True))


def _features(
    wav: str | Path, channel: int | None, settings: FrontEnd, extractor: Extractor
) -> np.ndarray:
    """The features of a file; what is odd about its sound is reported."""
    check = SoundCheck()
    samples, rate = read_audio(wav, channel=channel, listener=check.hear)
    info = audio_info(wav)
    for line in file_warnings(str(wav), check.remarks(info, channel)):
        print(line, file=sys.stderr, flush=True)
    if info.seconds > settings.seconds:
        remark = settings.remark_on_length(info.seconds)
        cure = "cut it into utterances"
        print(f"warning: {wav}: {remark}; {cure}", file=sys.stderr, flush=True)
    try:
        return utterance_features(samples, rate, settings, extractor)
    except InputError as error:
        raise InputError(f"{wav}: {error}") from None
