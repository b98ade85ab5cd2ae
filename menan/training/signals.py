"""Being asked to stop: Ctrl-C, or the SIGTERM of a scheduler that wants its machine back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """Training has stopped because it was asked to, with a checkpoint of its last step.

    Not an Exception: nothing that went wrong, and nothing to recover from.
    """

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.status = 128 + number  # as a shell reports it


class StopRequest:
    """Whether a signal has asked to stop; the training looks at it between two steps.

    number: of the signal; None so far.
    """

    def __init__(self):
        self.number: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """The handler. A second signal of the same kind is obeyed at once."""
        self.number = number
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM instead of dying of them; the handlers from before come back."""
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, request.note)
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
