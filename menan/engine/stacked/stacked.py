"""Networks of Table 1 side by side, by hand-written kernels."""

from collections.abc import Sequence

import torch
from torch import Tensor

from menan.config import TrainingConfig
from menan.engine.engine import Engine, missing_speakers
from menan.engine.parameters import Parameters
from menan.engine.stacked.backends import Operations, operations
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import Layout, encoder_layers, head_layers
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
        self.enc, self.ec = encoder_layers(self.dims), head_layers("emotion", self.emotions)
        layout = Layout({"encoder": self.enc, "emotion": self.ec})
        layout.check(networks[0])
        self.main = Parameters(layout, self.states, training, steps, self.ops.adam, device)
        width = max(shape.speakers for shape in self.shapes)
        sc_total = [training.sc_steps * count for count in steps]
        self.speaker_player: VmappedPlayer | None = None
        if self.shapes[0].speaker_classifier is None:
            self.sc = head_layers("speaker", width)
            self.speaker = Parameters(
                Layout({"speaker": self.sc}), self.states, training, sc_total, self.ops.adam, device
            )
            width = self.sc[-1].outs
        else:
            self.speaker_player = VmappedPlayer(
                networks, ("speaker",), training, sc_total, self.ops.adam, device
            )
            self.speaker = self.speaker_player.parameters
        self.missing_speakers = missing_speakers(self.shapes, width, device)
        self.counts = torch.tensor(
            [[shape.emotions for shape in self.shapes], [shape.speakers for shape in self.shapes]],
            device=device,
        )
        self.activate(len(networks))

    def activate(self, models: int) -> None:
        super().activate(models)
        self.mean, self.std = self.normalisers[:, :models]
        self.emotion_counts, self.speaker_counts = self.counts[:, :models]

    @staticmethod
    def takes(shape: NetworkShape) -> bool:
        """Whether the kernels were written for this encoder."""
        return ENCODERS[type(shape.model.encoder)] is Table1Encoder

    def embed(
        self, store: FrameStore, index: Tensor, rows: int, kept: Tensor | None = None
    ) -> Tensor:
        assert kept is None, "Table 1 has no dropout"
        leaf = self.main.leaves["encoder"]
        return self.ops.encode(store, index, rows, self.mean, self.std, leaf, self.enc)

    def emotion_log_p(self, z: Tensor) -> Tensor:
        leaf = self.main.leaves["emotion"]
        return self.ops.head(z, leaf, self.ec, self.emotion_counts, self.emotions)

    def speaker_log_p(self, z: Tensor, emotions: Tensor) -> Tensor:
        if self.speaker_player is not None:
            return self._log_p(self.speaker_player.call("speaker", z, emotions))
        leaf = self.speaker.leaves["speaker"]
        return self.ops.head(z, leaf, self.sc, self.speaker_counts, self.sc[-1].outs)

    @staticmethod
    def step_bytes(shape: NetworkShape, batch: int, rows: int, device: torch.device) -> int:
        """What the kernels keep for the way back. Without them every layer's input, output and
        their gradients, and the windows of the convolutions, which PyTorch copies out.
        """
        first = (rows - 10) // 2 + 1  # frames after each convolution
        second = (first - 5) // 2 + 1
        if device.type == "cpu" and kernels() is not None:
            return 4 * batch * 32 * (first + 7 * second + 1)
        convolved = 2 * 32 * (first + second)  # before and after the PReLU
        recurrent = (96 + 32 + 4 * 32 + 2 * 32) * second  # gates, hidden, saved, linear
        gradients = 2 * 32 * first + (96 + 32 + 32) * second
        copies = 10 * shape.dims * first + 2 * 5 * 32 * second
        return 4 * batch * (rows * shape.dims + convolved + recurrent + gradients + copies)
