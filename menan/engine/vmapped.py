"""Any encoder that ``torch.func`` can stack, trained for many models side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.engine.engine import Engine, missing_speakers
from menan.engine.stacked.backends import operations
from menan.engine.vmapped_player import VmappedPlayer
from menan.features.store import FrameStore
from menan.model.network import Network, NetworkShape, build_network


class VmappedEngine(Engine):
    """Models with any encoder that ``torch.func`` can stack: no ``nn.GRU``.

    A model may come out with other last digits beside other models, or on another number of
    threads: the order of sums in a batched matrix product depends on its size.
    """

    exact_alone = False

    def __init__(
        self,
        networks: Sequence[Network],
        training: TrainingConfig,
        steps: Sequence[int],
        device: torch.device,
    ):
        super().__init__(networks, training, steps, device)
        self.encoder = networks[0].encoder
        dtype = next(networks[0].parameters()).dtype
        adam = operations(device, dtype).adam
        sc_total = [training.sc_steps * count for count in steps]
        main, speaker = ("encoder", "emotion"), ("speaker",)
        self.main_player = VmappedPlayer(networks, main, training, steps, adam, device)
        self.speaker_player = VmappedPlayer(networks, speaker, training, sc_total, adam, device)
        self.main = self.main_player.parameters
        self.speaker = self.speaker_player.parameters
        widest = max(shape.speakers for shape in self.shapes)
        self.missing_speakers = missing_speakers(self.shapes, widest, device)

    def embed(
        self, store: FrameStore, index: Tensor, rows: int, kept: Tensor | None = None
    ) -> Tensor:
        if index.device.type == "cpu":  # a GPU would have to wait for the answer
            index = _distinct(index, self.main_player.alike("encoder"))
        features, lengths = self.encoder.read(store, index.flatten(), rows)
        features = features.to(self.main.matrix.dtype).unflatten(0, index.shape)
        shared = features, lengths.unflatten(0, index.shape)
        own = () if kept is None else (kept.to(features.dtype),)
        return self.main_player.call("encoder", *own, shared=shared)

    def emotion_log_p(self, z: Tensor) -> Tensor:
        return F.log_softmax(self.main_player.call("emotion", z), dim=-1)

    def speaker_log_p(self, z: Tensor, emotions: Tensor) -> Tensor:
        inputs = (z,) if self.shapes[0].speaker_classifier is None else (z, emotions)
        return self._log_p(self.speaker_player.call("speaker", *inputs))

    @staticmethod
    def step_bytes(shape: NetworkShape, batch: int, rows: int, device: torch.device) -> int:
        """Twice what autograd keeps of one forward pass, for the gradients, and the input."""
        network = build_network(shape, seed=0)
        features = torch.zeros(batch, rows, shape.dims)
        units = network.encoder.dropout_units
        kept = torch.ones(batch, units) if network.encoder.dropout else None
        sizes: dict[int, int] = {}

        def note(tensor: Tensor) -> Tensor:
            sizes[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            network.encoder(features, torch.full((batch,), rows), kept)
        return features.nbytes + 2 * sum(sizes.values())


def _distinct(index: Tensor, alike: int) -> Tensor:
    """The rows of ``index``, each once if every ``alike`` neighbours are equal; otherwise all."""
    blocks = index.unflatten(0, (-1, alike))
    return blocks[:, 0] if (blocks == blocks[:, :1]).all() else index
