"""The features of a dump directory in memory: each utterance once, on one device."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from menan.datadir.archive import read_matrix
from menan.datadir.dump_directory import Dump
from menan.errors import InputError
from menan.features.memory_mapped import mapped_tensor
from menan.memory import free_bytes, gigabytes

# Largest part of the free memory that the frames may take; training needs the rest.
STORE_FRACTION = 0.9


@dataclass(frozen=True)
class FrameStore:
    """Frames of many utterances, one after the other.

    utts: ids; methods take indices into them.
    frames: float32 or float16, (total frames, dims).
    first: int64 (utterances,), the row of the first frame of each utterance.
    length: int64 (utterances,), the number of frames of each utterance.
    digests: digest of each utterance's matrix as read from a dump; empty for other stores.
    """

    utts: tuple[str, ...]
    frames: torch.Tensor
    first: torch.Tensor
    length: torch.Tensor
    digests: tuple[str, ...] = ()

    def gather(self, index: torch.Tensor, frames: int) -> torch.Tensor:
        """Utterances repeated cyclically to one length (paper section 5, cycle repeat mode).

        Args:
            index: int64 (batch,), on the store's device.
            frames: the length of the result; longer utterances are cut.

        Returns:
            float32 (batch, frames, dims).
        """
        step = torch.arange(frames, device=self.frames.device)
        rows = self.first[index, None] + step % self.length[index, None]
        return self.frames[rows].float()

    def layers(self, index: torch.Tensor, rows: int) -> torch.Tensor:
        """Utterances of exactly ``rows`` rows each, such as the layers of an encoder.

        Args:
            index: int64 (batch,), on the store's device.

        Returns:
            float32 (batch, rows, dims); in memory the rows come first, so that a weighted sum over
            rows is one matrix product.
        """
        place = self.first[index] + torch.arange(rows, device=index.device)[:, None]
        chosen = self.frames.index_select(0, place.flatten()).float()
        return chosen.unflatten(0, place.shape).transpose(0, 1)

    def padded(self, index: torch.Tensor, at_least: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        """Utterances padded with zeros to the longest of them.

        Args:
            index: int64 (batch,), on the store's device.
            at_least: smallest number of rows.

        Returns:
            float32 (batch, rows, dims), and the number of rows of each, int64 (batch,).
        """
        lengths = self.length[index]
        step = torch.arange(max(int(lengths.max()), at_least), device=self.frames.device)
        there = step < lengths[:, None]
        rows = self.first[index, None] + step * there
        return self.frames[rows].float() * there[:, :, None], lengths

    def mean_and_std(
        self, index: torch.Tensor, rows: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of each dimension over all frames of some utterances.

        The deviation of a constant dimension is 1.

        Args:
            rows: number of rows of each of these utterances, to treat each row by itself.

        Returns:
            float32 (dims,) each, or (rows, dims); the sums are computed in float64.
        """
        shape = self.frames.shape[1:] if rows is None else (rows, self.frames.shape[1])
        sums = torch.zeros(2, *shape, dtype=torch.float64, device=self.frames.device)
        starts = zip(self.first[index].tolist(), self.length[index].tolist(), strict=True)
        for first, length in starts:
            frames = self.frames[first : first + length].double()
            if rows is None:
                sums += torch.stack([frames.sum(dim=0), frames.square().sum(dim=0)])
            else:
                sums += torch.stack([frames, frames.square()])
        mean, square = sums / (self.length[index].sum() if rows is None else len(index))
        variance = square - mean.square()
        constant = variance <= 1e-12 * square
        std = torch.where(constant, 1.0, variance.clamp(min=0).sqrt())
        return mean.float(), std.float()

    def index_of(self, utts: Iterable[str]) -> torch.Tensor:
        """The index of utterance ids, int64 (n,), on the store's device."""
        place = {utt: i for i, utt in enumerate(self.utts)}
        return torch.tensor([place[utt] for utt in utts], device=self.frames.device)


def load_frames(
    dump: Dump,
    utts: Sequence[str],
    device: str | torch.device,
    dtype: torch.dtype = torch.float32,
    directory: Path | None = None,
) -> FrameStore:
    """Read the matrices of some utterances of a dump into one store.

    Args:
        dtype: type of the store, float32 or float16.
        directory: where to keep the frames on disk; None for the memory of the device.

    Raises:
        InputError: a matrix that is unreadable, not finite, out of the range of ``dtype`` or not
            of the announced shape; too little memory or disk space; a directory with a GPU.
    """
    if directory is None:
        _refuse_too_many(dump, utts, device, dtype)
    elif torch.device(device).type != "cpu":
        raise InputError(
            f"--store {directory}: with --device {device} the frames must be in its memory; leave "
            "--store out, or train with --device cpu"
        )
    lengths = torch.tensor([dump.num_frames[utt] for utt in utts])
    first = torch.cumsum(lengths, 0) - lengths
    # Filled in place: on a GPU a second copy might not fit beside it.
    shape = int(lengths.sum()), dump.features.dims
    if directory is None:
        frames = torch.empty(*shape, dtype=dtype, device=device)
    else:
        frames = mapped_tensor(directory, *shape, dtype)
    digests = []
    for utt, start, length in zip(utts, first.tolist(), lengths.tolist(), strict=True):
        matrix = _read_utterance(dump, utt, dtype)
        frames[start : start + length] = torch.from_numpy(matrix)
        digests.append(_digest(matrix))
    return FrameStore(tuple(utts), frames, first.to(device), lengths.to(device), tuple(digests))


def load_block(dump: Dump, utts: Sequence[str], device: str | torch.device) -> FrameStore:
    """As :func:`load_frames`, for a few utterances, which fit into any memory."""
    matrices = [_read_utterance(dump, utt, torch.float32) for utt in utts]
    frames = torch.from_numpy(np.concatenate(matrices)).to(device)
    lengths = torch.tensor([len(matrix) for matrix in matrices], device=device)
    first = torch.cumsum(lengths, 0) - lengths
    return FrameStore(tuple(utts), frames, first, lengths, tuple(map(_digest, matrices)))


def combined_digest(digests: Mapping[str, str]) -> str:
    """One digest for many utterances, from utterance id -> digest; the order counts."""
    lines = (f"{utt} {digest}\n" for utt, digest in digests.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def frame_bytes(dump: Dump, utts: Iterable[str], dtype: torch.dtype = torch.float32) -> int:
    """Bytes that the frames of some utterances take in memory or on a disk."""
    return dtype.itemsize * dump.features.dims * sum(dump.num_frames[utt] for utt in utts)


def _refuse_too_many(
    dump: Dump, utts: Sequence[str], device: str | torch.device, dtype: torch.dtype
) -> None:
    need, free = frame_bytes(dump, utts, dtype), free_bytes(device)
    if need > STORE_FRACTION * free:
        on_cpu = torch.device(device).type == "cpu"
        raise InputError(
            f"{dump.feats}: the frames of {len(utts)} utterances take {gigabytes(need)}, more "
            f"than {STORE_FRACTION:.0%} of the {gigabytes(free)} free on {device}; "
            + ("keep them on a disk with --store DIR, " if on_cpu else "")
            + "dump fewer speed copies or fewer utterances, or use a machine with more memory"
        )


def _read_utterance(dump: Dump, utt: str, dtype: torch.dtype) -> np.ndarray:
    """The matrix of an utterance, float32 (frames, dims), checked against what was announced."""
    matrix = read_matrix(dump.scp[utt], f"{dump.feats}: {utt}")
    announced = dump.num_frames[utt], dump.features.dims
    if matrix.shape != announced:
        raise InputError(
            f"{dump.feats}: {utt}: matrix of shape {matrix.shape}, but utt2num_frames and "
            f"features.yaml say {announced}; make the features again"
        )
    if not np.isfinite(matrix).all():
        raise InputError(f"{dump.feats}: {utt}: features contain NaN or Inf; make them again")
    if (largest := np.abs(matrix).max()) > torch.finfo(dtype).max:
        raise InputError(
            f"{dump.feats}: {utt}: a feature of size {largest:g}, but float16 ends at "
            f"{torch.finfo(dtype).max:g}; train with training.store_dtype: float32"
        )
    return matrix


def _digest(matrix: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(matrix).data).hexdigest()[:16]
