"""Check wav.scp, segments and utt2dur against the audio."""

import math
import sys
from collections.abc import Iterator, Mapping

from tqdm import tqdm

from menan.audio import audio_info, check_channel
from menan.datadir.channels import parse_channel
from menan.datadir.validate.lenient_table import LenientTable
from menan.datadir.validate.problems import Problem, message_and_cure
from menan.errors import InputError
from menan.sound_check import Heard, listen, warnings_about

# One frame shift: times in releases are rounded, and a decoder may drop its last block.
TOLERANCE_SECONDS = 0.01


def check_audio(
    tables: Mapping[str, LenientTable], in_full: bool, allow_pipes: bool
) -> Iterator[Problem]:
    """Check that recordings can be read, segments are within them, and durations are correct.

    Args:
        in_full: read the samples too, not only the headers, and report on stderr what is odd about
            them, such as silence.
        allow_pipes: skip commands in wav.scp; they are never run here.
    """
    seconds: dict[str, float] = {}
    heard: list[Heard] = []
    wavs = tables["wav.scp"]
    channels: dict[str, int | None] = {}
    if "reco2channel" in tables:
        for recording, text in tables["reco2channel"].items():
            try:
                channels[recording] = parse_channel(text)
            except InputError as error:
                message = f"has a wrong channel: {error}"
                yield tables["reco2channel"].problem(recording, message, "correct the channel")
    for recording, path in tqdm(list(wavs.items()), desc="audio", unit="file", disable=None):
        if path.startswith("|") or path.endswith("|"):
            if not (allow_pipes and path.endswith("|")):
                message = f"is a pipe: {path!r}"
                cure = "write its output to a file, or use --allow-pipes true if you trust it"
                yield wavs.problem(recording, message, cure)
            continue
        try:
            channel = channels.get(recording)
            if in_full:
                heard.append(listen(path, channel))
            info = heard[-1].info if in_full else audio_info(path)
            check_channel(path, info.channels, channel)
            seconds[recording] = info.seconds
        except InputError as error:
            message, cure = message_and_cure(error, "correct the path or the file")
            yield wavs.problem(recording, f"has the file {message}", cure)
    for line in warnings_about(heard):
        print(line, file=sys.stderr)
    lengths: Mapping[str, float] = seconds
    if "segments" in tables:
        yield from _check_segments(tables["segments"], seconds)
        lengths = {
            utt: times[1] - times[0]
            for utt, value in tables["segments"].items()
            if (times := _times(value)) is not None
        }
    if "utt2dur" in tables:
        yield from _check_durations(tables["utt2dur"], lengths)


def _check_segments(table: LenientTable, seconds: Mapping[str, float]) -> Iterator[Problem]:
    for utt, value in table.items():
        times = _times(value)
        if times is None:
            message = f"has the segment {value!r}"
            yield table.problem(utt, message, "write recording, start and end in seconds")
            continue
        start, end = times
        if start < 0:
            yield table.problem(utt, f"starts at {start} s", "set the start to 0 or later")
        if start >= end:
            message = f"starts at {start} s and ends at {end} s"
            yield table.problem(utt, message, "set the end after the start")
        recording = value.split()[0]
        available = seconds.get(recording, math.inf)
        if end > available + TOLERANCE_SECONDS:
            message = f"ends at {end} s, but {recording!r} lasts {available:.3f} s"
            yield table.problem(utt, message, "set the end within the recording")


def _check_durations(table: LenientTable, lengths: Mapping[str, float]) -> Iterator[Problem]:
    for utt, value in table.items():
        duration = _number(value)
        if duration is None or duration <= 0:
            message = f"lasts {value!r}"
            yield table.problem(utt, message, "write a positive number of seconds")
        elif abs(lengths.get(utt, duration) - duration) > TOLERANCE_SECONDS:
            message = f"lasts {lengths[utt]:.3f} s, not {duration} s"
            yield table.problem(utt, message, "prepare the data again")


def _times(segment: str) -> tuple[float, float] | None:
    start, end = map(_number, segment.split()[1:])
    return None if start is None or end is None else (start, end)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
