"""Stopping on request: Ctrl-C, or the SIGTERM of a scheduler."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """Training has stopped on a signal, with a checkpoint of its last step.

    Not an Exception: nothing went wrong, and no code should recover from it.
    """

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.status = 128 + number  # as a shell reports it


class StopRequest:
    """Whether a signal has requested a stop; training checks it between two steps.

    number: the signal's number; None so far.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """The handler. A second signal of the same kind ends the process at once."""
        self.number = number
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM instead of ending; the previous handlers are restored afterwards."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request  # Python lets no other thread handle signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, request.note)
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
