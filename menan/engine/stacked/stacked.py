"""Networks of Table 1 side by side, by hand-written kernels."""

from collections.abc import Sequence

import torch
from torch import Tensor

from menan.config import TrainingConfig
from menan.engine.engine import Engine, missing_speakers
from menan.engine.parameters import Parameters
from menan.engine.stacked.backends import Operations, operations
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import Layout, Views, head_layers, main_layers
from menan.engine.vmapped_player import VmappedPlayer
from menan.features.store import FrameStore
from menan.model.encoders import ENCODERS, Table1Encoder
from menan.model.network import Network, NetworkShape


class StackedEngine(Engine):
    """Models of the paper's Table 1 with any number of feature columns, emotions and speakers.

    Args:
        ops: an implementation of the operations; by default the one for the device.
    """

    exact_alone = True

    def __init__(
        self,
        networks: Sequence[Network],
        training: TrainingConfig,
        steps: Sequence[int],
        device: torch.device,
        ops: Operations | None = None,
    ):
        super().__init__(networks, training, steps, device)
        self.ops = ops or operations(device, networks[0].encoder.mean.dtype)
        self.dims, self.emotions = self.shapes[0].dims, self.shapes[0].emotions
        self.normalisers = torch.stack(
            [torch.stack([net.encoder.mean, net.encoder.std]) for net in networks], dim=1
        ).to(device)  # (2, models, dims)
        layout = Layout(main_layers(self.dims, self.emotions))
        layout.check(networks[0], ("encoder", "emotion"))
        self.main = Parameters(layout, self.states, training, steps, self.ops.adam, device)
        width = max(shape.speakers for shape in self.shapes)
        sc_total = [training.sc_steps * count for count in steps]
        self.speaker_player: VmappedPlayer | None = None
        if self.shapes[0].speaker_classifier is None:
            layers = Layout(head_layers("speaker", width))
            self.speaker = Parameters(
                layers, self.states, training, sc_total, self.ops.adam, device
            )
            width = layers.layers[-1].outs
        else:
            self.speaker_player = VmappedPlayer(
                networks, ("speaker",), training, sc_total, self.ops.adam, device
            )
            self.speaker = self.speaker_player.parameters
        self.missing_speakers = missing_speakers(self.shapes, width, device)

    @staticmethod
    def takes(shape: NetworkShape) -> bool:
        """Whether the kernels were written for this encoder."""
        return ENCODERS[type(shape.model.encoder)] is Table1Encoder

    def embed(
        self, store: FrameStore, index: Tensor, rows: int, kept: Tensor | None = None
    ) -> Tensor:
        assert kept is None, "Table 1 has no dropout"
        conv1, conv2, gates, recurrent, linear, *_ = self._layers(self.main)
        mean, std = self.normalisers[:, : self.active]
        x = self.ops.gather(store.frames, store.first, store.length, index, rows, mean, std)
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
        return self._head(z, self._layers(self.main)[-3:])[..., : self.emotions]

    def _speaker_logits(self, z: Tensor, emotions: Tensor) -> Tensor:
        if self.speaker_player is not None:
            return self.speaker_player.call("speaker", z, emotions)
        return self._head(z, self._layers(self.speaker))

    @staticmethod
    def step_bytes(shape: NetworkShape, batch: int, rows: int, device: torch.device) -> int:
        """Inputs, outputs of every layer, and their gradients.

        Without the CPU kernels PyTorch also copies out the windows of the convolutions.
        """
        with_kernels = device.type == "cpu" and kernels() is not None
        first = (rows - 10) // 2 + 1  # frames after each convolution
        second = (first - 5) // 2 + 1
        convolved = 2 * 32 * (first + second)  # before and after the PReLU
        recurrent = (96 + 32 + 4 * 32 + 2 * 32) * second  # gates, hidden, saved, linear
        gradients = 2 * 32 * first + (96 + 32 + 32) * second
        copies = 0 if with_kernels else 10 * shape.dims * first + 2 * 5 * 32 * second
        return 4 * batch * (rows * shape.dims + convolved + recurrent + gradients + copies)

    @staticmethod
    def _layers(player: Parameters) -> list[Views]:
        assert isinstance(player.layout, Layout)
        return list(player.layout.views(player.leaves))

    def _affine(self, x: Tensor, layer: Views, stride: int) -> Tensor:
        return self.ops.windows(x, layer.weight, layer.bias, layer.slope, stride)

    def _head(self, z: Tensor, layers: Sequence[Views]) -> Tensor:
        for layer in layers:
            models, _, size = z.shape
            x = z.reshape(models, 1, -1)  # the utterances end to end: a window is one of them
            z = self._affine(x, layer, stride=size).squeeze(1)
        return z
