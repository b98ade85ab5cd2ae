"""The dump of a data directory: features of all utterances and of their speed copies.

``feats.scp`` is written last, so that its presence means the dump is complete. PyTorch, which
takes seconds to import, is imported where features are computed: who only starts jobs needs none.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import yaml
from tqdm import tqdm

from menan.atomic import atomic_open
from menan.config import FeatureConfig, to_mapping
from menan.datadir.archive import ArchiveWriter, read_scp
from menan.datadir.features_yaml import read_features_yaml, write_features_yaml
from menan.datadir.labels import read_labels
from menan.datadir.tables import c_sorted, read_table, write_table
from menan.errors import InputError
from menan.features.copies import Copy, speed_copies, write_copy_labels

LAUNCHER = (sys.executable, "-m", "menan_utils.run")
# Lines of progress in a log are this many utterances apart.
_STRIDE = 500


def dump_features(
    data: str | Path,
    out: str | Path,
    config: FeatureConfig,
    nj: int = 1,
    launcher: Sequence[str] = LAUNCHER,
    device: str = "cpu",
) -> str:
    """Dump the data directory ``data`` to ``out``; a complete dump is left as it is.

    Writes feats.N.ark, feats.scp, utt2num_frames, utt2uniq, features.yaml, and the label files
    with a line for each copy. One utterance at a time is in memory.

    Args:
        nj: jobs, each with one archive; the archives' content does not depend on it.
        launcher: the beginning of a command line in the grammar of Kaldi's run.pl, which runs
            the jobs when there are several.
        device: ``cpu``, ``cuda`` or ``cuda:N``, for log-mel.

    Returns:
        What was done, for the user.

    Raises:
        InputError: malformed data, audio that cannot be read or is too short, failed jobs, or a
            dump that was made otherwise.
    """
    data, out = Path(data), Path(out)
    if out.resolve() == data.resolve():
        raise InputError(f"{out}: is the data directory itself; dump to another")
    if nj < 1:
        raise InputError(f"--nj {nj}: at least one job is needed")
    if device != "cpu":
        from menan.device import open_device

        open_device(device)  # refused here, and not by each job
    labels = read_labels(data)
    copies = speed_copies(data, labels, config)
    if (out / "feats.scp").exists():
        _check_complete(out, config, copies)
        # Labels may have been corrected since; features do not depend on them.
        write_copy_labels(out, labels, copies)
        return f"{out}: complete already ({len(copies)} utterances), nothing to extract"

    _remove_parts(out)
    nj = min(nj, len(copies))
    if nj == 1:
        dump_part(data, out, config, 1, 1, device)
    else:
        _launch(data, out, config, nj, launcher, device)
    scp, frames = _read_parts(out, nj)
    assert list(scp) == list(copies)
    write_copy_labels(out, labels, copies)
    write_table(out / "utt2num_frames", frames)
    write_features_yaml(out, config)
    write_table(out / "feats.scp", scp)
    for path in (*out.glob("feats.*.scp"), *out.glob("utt2num_frames.*")):
        path.unlink()
    total = sum(int(count) for count in frames.values())
    return f"{out}: {len(copies)} utterances, {total} frames of {config.dims}"


def dump_part(
    data: str | Path, out: str | Path, config: FeatureConfig, nj: int, job: int, device: str
) -> None:
    """One job of a dump: the ``job``-th (from 1) of ``nj`` contiguous parts of the sorted copies.

    Writes feats.JOB.ark, feats.JOB.scp and utt2num_frames.JOB, for :func:`dump_features` to put
    together.

    Raises:
        InputError: as there, naming the utterance.
    """
    from menan.features.extract import utterance_features
    from menan.features.waveform import SAMPLE_RATE, to_16_khz

    out = Path(out)
    copies = list(speed_copies(Path(data), read_labels(data), config).items())
    part = copies[len(copies) * (job - 1) // nj : len(copies) * job // nj]
    # Copies of one utterance stand together: its file is read once for all of them.
    read = lru_cache(maxsize=1)(lambda source: to_16_khz(*source.read()))
    frames = {}
    with ArchiveWriter(out, f"feats.{job}") as writer:
        for name, copy in _with_progress(part):
            try:
                samples = read(copy.source)
                features = utterance_features(samples, SAMPLE_RATE, config, copy.speed, device)
            except InputError as error:
                raise InputError(f"utterance {name!r}: {error}") from None
            writer.write(name, features)
            frames[name] = str(len(features))
    write_table(out / f"utt2num_frames.{job}", frames)


def _check_complete(out: Path, config: FeatureConfig, copies: dict[str, Copy]) -> None:
    """Refuse a finished dump that is not the wanted one."""
    cure = f"remove {out} to make it anew"
    stored = to_mapping(read_features_yaml(out))
    for key, value in to_mapping(config).items():
        if stored[key] != value:
            raise InputError(
                f"{out / 'features.yaml'}: {key} is {stored[key]} there and {value} here; {cure}"
            )
    there = read_scp(out / "feats.scp").keys()
    if missing := c_sorted(copies.keys() - there):
        raise InputError(f"{out / 'feats.scp'}: lacks {missing[0]!r} of the data; {cure}")
    if extra := c_sorted(there - copies.keys()):
        raise InputError(f"{out / 'feats.scp'}: has {extra[0]!r}, which the data lack; {cure}")


def _remove_parts(out: Path) -> None:
    """What an interrupted dump left, perhaps with more jobs; a dot begins what was half written."""
    for path in out.glob("*"):
        if re.fullmatch(
            r"feats\.\d+\.(ark|scp)|\.feats\.\d+\.\d+\.(ark|scp)|utt2num_frames\.\d+", path.name
        ):
            path.unlink()


def _launch(
    data: Path, out: Path, config: FeatureConfig, nj: int, launcher: Sequence[str], device: str
) -> None:
    log = out / "log"
    with atomic_open(log / "dump.yaml") as file:
        yaml.safe_dump({"features": to_mapping(config)}, file, sort_keys=False)
    command = [sys.executable, "-m", "menan_bin.menan_dump"]
    command += [f"--data={data}", f"--out={out}", f"--config={log / 'dump.yaml'}"]
    command += [f"--nj={nj}", f"--device={device}"]
    if any("JOB" in word for word in command):
        raise InputError(f"{data}, {out}: a launcher would replace JOB in it; use another path")
    job = [f"JOB=1:{nj}", str(log / "dump.JOB.log"), *command, "--job=JOB"]
    process = subprocess.Popen([*launcher, *job])
    try:
        status = process.wait()
    except BaseException:
        # Unlike subprocess.run, let the launcher end its jobs before it ends.
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise InputError(f"{out}: not all of {nj} jobs ended well, see {log / 'dump.*.log'}")


def _read_parts(out: Path, nj: int) -> tuple[dict[str, str], dict[str, str]]:
    scp, frames = {}, {}
    for job in range(1, nj + 1):
        scp |= read_scp(out / f"feats.{job}.scp")
        frames |= read_table(out / f"utt2num_frames.{job}")
    return scp, frames


def _with_progress(items: Sequence) -> Iterable:
    """The items, with a bar on a terminal and a line now and then in a log."""
    if sys.stderr.isatty():
        return tqdm(items, unit="utt")
    return _with_lines(items)


def _with_lines(items: Sequence) -> Iterator:
    for done, item in enumerate(items, start=1):
        yield item
        if done % _STRIDE == 0 or done == len(items):
            print(f"{done} of {len(items)} utterances", file=sys.stderr, flush=True)
