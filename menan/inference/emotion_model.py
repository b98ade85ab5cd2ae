"""A trained model that hears recordings: from the waveform to posteriors and embedding."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from menan.device import one_thread, open_device
from menan.errors import InputError
from menan.features.front_end import Extractor, make_extractor, utterance_features
from menan.features.store import FrameStore
from menan.ffmpeg import use_ffmpeg
from menan.inference.infer import log_posteriors_and_embeddings
from menan.inference.noise_key import NoiseKey, refuse_needless_key
from menan.inference.prediction import Prediction, mean_prediction
from menan.inference.recording import Audio, Keep, Recording, listen_to
from menan.model import model_file
from menan.model.model_file import ModelCard
from menan.model.network import Network
from menan.shipped import DEFAULT

SHORTEST_HOP = 0.01  # seconds; shorter ones would be windows without number


class EmotionModel:
    """A trained model with its front-end, made by :func:`load_model`.

    network: the PyTorch module.
    card: its labels, features, training speakers and settings.
    """

    def __init__(
        self,
        network: Network,
        card: ModelCard,
        extractor: Extractor,
        noise: NoiseKey,
        device: torch.device,
        ffmpeg: bool,
    ):
        self.network, self.card = network, card
        self._extractor, self._noise = extractor, noise
        self._device, self._ffmpeg = device, ffmpeg

    def predict(
        self,
        audio: Audio,
        rate: int | None = None,
        *,
        channel: int | None = None,
        window: float | None = None,
        hop: float | None = None,
        keep: Keep = "sound",
    ) -> Prediction:
        """The emotion of a recording: the mean over its windows.

        Arguments and errors are those of :meth:`windows`.
        """
        return mean_prediction(
            list(self.windows(audio, rate, channel=channel, window=window, hop=hop, keep=keep))
        )

    def embed(
        self,
        audio: Audio,
        rate: int | None = None,
        *,
        channel: int | None = None,
        window: float | None = None,
        hop: float | None = None,
        keep: Keep = "sound",
    ) -> np.ndarray:
        """The embedding z of a recording, float32 (dims,): the mean over its windows.

        Arguments and errors are those of :meth:`windows`.
        """
        prediction = self.predict(audio, rate, channel=channel, window=window, hop=hop, keep=keep)
        return prediction.embedding

    def windows(
        self,
        audio: Audio,
        rate: int | None = None,
        *,
        channel: int | None = None,
        window: float | None = None,
        hop: float | None = None,
        keep: Keep = "sound",
    ) -> Iterator[Prediction]:
        """The emotion of each window of a recording, in order; silent windows are left out.

        A recording that is no longer than the model's input is one window, whatever it holds. Each
        window is predicted like a file of its own, with noise of its own. The number of windows,
        and what is odd about the sound, is reported on stderr.

        Args:
            audio: a file of any format that menan reads; a binary stream with the bytes of one; or
                samples (n,) or (n, channels), floats with full scale 1, or int16 or int32.
            rate: sampling rate in Hz of an array of samples; None for the others.
            channel: take only this channel, counted from 1; None averages all channels.
            window: seconds per window. By default a recording longer than the model's input is
                cut into windows of the front-end's choice
                (:attr:`menan.front_end_settings.FrontEnd.window`).
            hop: seconds from one window to the next; half a window by default. The last window ends
                with the recording.
            keep: windows of a long recording that are predicted: ``sound``, those with more than
                silence; ``speech``, those in which silero-vad finds speech
                (``pip install 'menan[speech]'``).

        Yields:
            One prediction per window.

        Raises:
            InputError: not audio, too short for one frame, a long recording with nothing to keep, a
                window longer than the model's input, or silero-vad is not installed.
        """
        length, step = self._window_and_hop(window, hop)
        use_ffmpeg(self._ffmpeg)
        recording = listen_to(audio, rate, channel, keep)
        info = recording.info
        whole = self.card.features.seconds if window is None else window
        if info.samples <= round(whole * info.sample_rate):
            starts, samples = [0], info.samples
        else:
            samples = round(length * info.sample_rate)
            starts = recording.audible_starts(samples, round(step * info.sample_rate))
        parts = recording.windows(starts, samples)
        silent = True if len(starts) == 1 else None  # None: shown on a terminal only
        bar = tqdm(parts, recording.name, len(starts), leave=False, unit="window", disable=silent)
        for start, part in zip(starts, bar, strict=True):
            posteriors, embedding = self._run(recording, part)
            first, last = start / info.sample_rate, (start + samples) / info.sample_rate
            yield Prediction(recording.name, first, last, posteriors, embedding, recording.warnings)

    def _window_and_hop(self, window: float | None, hop: float | None) -> tuple[float, float]:
        longest = self.card.features.seconds
        length = self.card.features.window if window is None else window
        if not SHORTEST_HOP <= length <= longest:
            raise InputError(
                f"window: expected {SHORTEST_HOP:g} to {longest:g} s (the model's input), found "
                f"{length:g}; choose another"
            )
        step = length / 2 if hop is None else hop
        if not SHORTEST_HOP <= step <= length:
            raise InputError(
                f"hop: expected {SHORTEST_HOP:g} to {length:g} s (the window), found {step:g}; "
                "choose another"
            )
        return length, step

    def _run(
        self, recording: Recording, samples: np.ndarray
    ) -> tuple[dict[str, float], np.ndarray]:
        """Posteriors and z of samples (n,) on the scale of 16-bit integers."""
        features, rate = self.card.features, recording.info.sample_rate
        try:
            matrix = utterance_features(samples, rate, features, self._extractor)
        except InputError as error:
            raise InputError(f"{recording.name}: {error}") from None
        store = FrameStore(
            utts=(Path(recording.name).stem,),
            frames=torch.from_numpy(matrix).to(self._device),
            first=torch.zeros(1, dtype=torch.int64, device=self._device),
            length=torch.tensor([len(matrix)], device=self._device),
        )
        index = torch.zeros(1, dtype=torch.int64, device=self._device)
        noise = self._noise.draw(self.network, store, index)
        with one_thread():  # more threads take longer for a single window
            log_posteriors, z = log_posteriors_and_embeddings(
                self.network, store, index, features.rows, noise
            )
        values = torch.softmax(log_posteriors[0] / self.card.temperature, dim=0).tolist()
        return dict(zip(self.card.emotions, values, strict=True)), z[0].cpu().numpy()


def load_model(
    path: str | Path = DEFAULT,
    device: str | torch.device = "cpu",
    *,
    pretrained: str | None = None,
    noise: NoiseKey | None = None,
    ffmpeg: bool = False,
) -> EmotionModel:
    """A trained model, ready for recordings; nothing in its file is executed.

    Args:
        path: model file of menan-train, or the name of a model that comes with menan
            (docs/models.md).
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        pretrained: folder or hub name of the encoder that the model's features come from, where it
            is not where the card says.
        noise: key of the noise of a stochastic bottleneck; without it a fresh key is drawn.
        ffmpeg: read audio that libsndfile cannot (AAC, MP4, WebM) through the program ffmpeg.

    Raises:
        InputError: no model, a member of a plugin that is not loaded, an encoder that is not
            found, a noise key for a model without noise, or no program ffmpeg.
    """
    use_ffmpeg(ffmpeg)
    device = open_device(str(device))
    network, card = model_file.load_model(path, device)
    noise = noise or NoiseKey.fresh()
    refuse_needless_key(noise, network, path)
    settings = card.features if pretrained is None else card.features.located(pretrained)
    try:
        extractor = make_extractor(settings, str(device))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return EmotionModel(network, card, extractor, noise, device, ffmpeg)
