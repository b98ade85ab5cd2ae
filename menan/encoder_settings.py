"""The settings of encoders: what a configuration may say of each.

See :mod:`menan.settings` for how to add a member; classes are in :mod:`menan.model.encoders`.
"""

from dataclasses import dataclass
from typing import ClassVar

from menan.errors import require
from menan.sockets import Member

TABLE_1_HIDDEN = (32, 10)  # hidden layers of both classifiers in the paper's Table 1


@dataclass(frozen=True)
class EncoderSettings(Member):
    """Settings of an encoder: from features to the embedding v.

    only_hidden: the only sizes of the classifiers' hidden layers that its engine can train; None
        for any.
    is_bounded: whether every v has a bounded length.
    """

    socket = "encoder"
    only_hidden: ClassVar[tuple[int, ...] | None] = None
    is_bounded: ClassVar[bool] = False
    table: ClassVar[dict[str, type[Member]]] = {}


@dataclass(frozen=True)
class Table1Settings(EncoderSettings):
    """The paper's encoder (Table 1), which has one size."""

    name = "table1"
    only_hidden = TABLE_1_HIDDEN


@dataclass(frozen=True)
class PoolingSettings(EncoderSettings):
    """Settings of the encoders that pool their input to one vector.

    size: units of the hidden layer, which are the dimensions of v.
    dropout: probability with which a unit of the pooled vector or of the hidden layer is dropped in
        training.
    """

    size: int = 256
    dropout: float = 0.5

    def __post_init__(self) -> None:
        require(1 <= self.size <= 8192, "size must lie between 1 and 8192")
        require(0 <= self.dropout < 1, "dropout must lie between 0 and 1, 1 excluded")


@dataclass(frozen=True)
class PooledSettings(PoolingSettings):
    """A learned mean over layers, for ``--pool stats``.

    erase: number of directions of the training voices that are projected out of each layer, at
        most; 0 for none. A speaker at a speed is a voice.
    """

    name = "pooled"
    erase: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.erase <= 4096, "erase must lie between 0 and 4096")


@dataclass(frozen=True)
class NarrowSettings(PooledSettings):
    """``pooled`` with a v of few dimensions: little room for more than the emotion.

    size: units of the hidden layer.
    learnt: dimensions of v that are learnt from the hidden layer, with mean square 1 in each
        utterance. One more than the emotions leaves about as much room as posteriors.
    content: dimensions of v that are not learnt: the main axes in which utterances of one voice and
        emotion differ. They keep what was said for other uses.
    content_scale: standard deviation of each of them.
    """

    name = "narrow"
    is_bounded = True
    size: int = 128
    learnt: int = 5
    content: int = 0
    content_scale: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        require(2 <= self.learnt <= 8192, "learnt must lie between 2 and 8192")
        require(0 <= self.content <= 8192, "content must lie between 0 and 8192")
        require(0 < self.content_scale <= 1000, "content_scale must lie between 0 and 1000")


@dataclass(frozen=True)
class AttentiveSettings(PoolingSettings):
    """Attentive statistics pooling over frames, for ``--pool none``.

    channels: hidden units of the attention.
    """

    name = "attentive"
    channels: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= self.channels <= 8192, "channels must lie between 1 and 8192")


EncoderSettings.table |= {
    "table1": Table1Settings,
    "pooled": PooledSettings,
    "narrow": NarrowSettings,
    "attentive": AttentiveSettings,
}
