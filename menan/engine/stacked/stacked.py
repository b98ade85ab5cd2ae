"""Networks of Table 1 side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.engine.stacked.backends import Operations, operations
from menan.engine.stacked.layout import Layout, Views, head_layers, main_layers
from menan.engine.stacked.parameters import Parameters
from menan.features.store import FrameStore
from menan.labels import EMOTIONS
from menan.model.network import Network

NO_SPEAKER = -1e30  # the logit of a speaker whom a model does not have; finite, for 0 x log 0


class StackedNetwork:
    """ENC, EC and SC of many models, which may have different numbers of speakers.

    Only the first ``active`` models are computed (:meth:`activate`).

    Args:
        networks: what each model starts from, on the CPU, of one width of features and with one
            bottleneck.
        lr, steps, sc_steps: of :class:`Parameters`; SC takes ``sc_steps`` times as many steps.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        lr: float,
        steps: Sequence[int],
        sc_steps: int,
        device: torch.device,
        ops: Operations | None = None,
    ):
        states = [network.state_dict() for network in networks]
        dims, dtype = len(networks[0].encoder.mean), networks[0].encoder.mean.dtype
        self.dims = dims
        self.ops = ops or operations(device, dtype)
        self.bottleneck = networks[0].bottleneck
        self.likes = states  # names and shapes of the plain networks' parameters
        self.normalisers = torch.stack(
            [torch.stack([net.encoder.mean, net.encoder.std]) for net in networks], dim=1
        ).to(device)  # (2, models, dims)
        self.speakers = [net.speaker[-1].out_features for net in networks]
        main = Layout(main_layers(dims, len(EMOTIONS)))
        speaker = Layout(head_layers("speaker", max(self.speakers)))
        self.main = Parameters(main, states, lr, steps, self.ops, device)
        sc_total = [sc_steps * count for count in steps]
        self.speaker = Parameters(speaker, states, lr, sc_total, self.ops, device)
        width = torch.arange(speaker.layers[-1].outs, device=device)
        self.absent = width >= torch.tensor(self.speakers, device=device)[:, None, None]

    def __len__(self) -> int:
        return len(self.likes)

    @property
    def active(self) -> int:
        return self.main.active

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.main.activate(models)
        self.speaker.activate(models)

    def embed(self, store: FrameStore, index: Tensor, frames: int) -> Tensor:
        """v of utterances, (active, batch, 96).

        Args:
            index: int64 (active, batch), into the store.
            frames: the input's length.
        """
        conv1, conv2, gates, recurrent, linear, *_ = self.main.views()
        mean, std = self.normalisers[:, : self.active]
        x = self.ops.gather(store.frames, store.first, store.length, index, frames, mean, std)
        # An utterance that begins again after an even number of frames gives the same windows.
        period = store.length[index]
        distinct = torch.where(period % 2 == 0, period // 2, period)
        x = self.ops.windows(x, *vars(conv1).values(), 2 * self.dims, distinct)
        x = self._affine(x.flatten(start_dim=2), conv2, stride=2 * 32)
        x = self._affine(x.flatten(start_dim=2), gates, stride=32)
        x = self.ops.gru(x, recurrent.weight, recurrent.bias)
        x = self._affine(x.flatten(start_dim=2), linear, stride=32)
        return self.ops.pooling(x)

    def emotion_logits(self, z: Tensor) -> Tensor:
        """EC's, (active, batch, 4)."""
        return self._head(z, self.main.views()[-3:])[..., : len(EMOTIONS)]

    def speaker_logits(self, z: Tensor) -> Tensor:
        """SC's, (active, batch, speakers); those of speakers whom a model lacks are -1e30."""
        logits = self._head(z, self.speaker.views())
        return logits.masked_fill(self.absent[: self.active], NO_SPEAKER)

    def log_posteriors(
        self, store: FrameStore, index: Tensor, frames: int, noise: Tensor | None = None
    ) -> Tensor:
        """EC's of utterances, (active, batch, 4) in nats, without a graph.

        Args:
            noise: of the bottleneck, (active, batch, 96).
        """
        with torch.no_grad():
            z = self.bottleneck(self.embed(store, index, frames), noise)
            return F.log_softmax(self.emotion_logits(z), dim=-1)

    def plain(self, model: int) -> Network:
        """One model as the plain network, on the CPU."""
        like = self.likes[model]
        trained = {**self.main.weights(model, like), **self.speaker.weights(model, like)}
        with torch.device("meta"):
            network = Network(self.dims, self.speakers[model], self.bottleneck)
        weights = {name: trained.get(name, value) for name, value in like.items()}
        network.load_state_dict(weights, assign=True)
        return network

    def _affine(self, x: Tensor, layer: Views, stride: int) -> Tensor:
        return self.ops.windows(x, layer.weight, layer.bias, layer.slope, stride)

    def _head(self, z: Tensor, layers: Sequence[Views]) -> Tensor:
        for layer in layers:
            models, _, size = z.shape
            x = z.reshape(models, 1, -1)  # the utterances end to end: a window is one of them
            z = self._affine(x, layer, stride=size).squeeze(1)
        return z
