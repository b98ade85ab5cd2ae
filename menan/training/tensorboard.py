"""Figures of the log for TensorBoard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from menan.errors import InputError


class Scalars:
    """Writes the lines of log.jsonl as TensorBoard scalars below a run's directory.

    Args:
        directory: directory of the run; the events go to ``tensorboard`` in it.
        epoch: epochs done; events that an interrupted run wrote after them are hidden.

    Raises:
        InputError: tensorboard is not installed.
    """

    def __init__(self, directory: Path, epoch: int):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise InputError(
                "--tensorboard true needs the package tensorboard: pip install 'menan[tensorboard]'"
            ) from None
        self._writer = SummaryWriter(str(directory / "tensorboard"), purge_step=epoch + 1)

    def write(self, line: dict[str, Any]) -> None:
        """One epoch, as logged."""
        for tag, value in flattened(line):
            self._writer.add_scalar(tag, value, global_step=line["epoch"])
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def flattened(line: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Tags and values of a line; nested names are joined by ``/``.

    >>> list(flattened({"epoch": 1, "lr": 0.1, "heldout": {"a": {"ua": 0.5}}}))
    [('lr', 0.1), ('heldout/a/ua', 0.5)]
    """
    for name, value in line.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}/")
        elif name != "epoch":
            yield f"{prefix}{name}", value
