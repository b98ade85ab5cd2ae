"""The dump of a data directory: features of all utterances and of their speed copies.

``feats.scp`` is written last: a dump directory that has it is complete.
"""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from menan.datadir.dump_record import write_features_yaml
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.features.dump.jobs import DumpOptions, refuse_many, write_shard
from menan.features.dump.resume import check_complete, check_shards
from menan.features.dump.shards import (
    Shard,
    make_shards,
    merged_tables,
    remove_shard_tables,
    remove_shards,
)
from menan.features.dump.speed_copies import SpeedCopy, write_copy_labels
from menan.features.front_end import resolved
from menan.files.atomic import atomic_open
from menan.files.lock import Holder, only_writer


def dump_features(options: DumpOptions, resume: bool = True, force: bool = False) -> str:
    """Dump a data directory; a complete dump is left as it is, finished shards are reused.

    Writes feats.N.ark, feats.scp, utt2num_frames, utt2uniq, utt2audio (size and digest of the
    audio), features.yaml, the label files with one line per copy, ``skipped`` if utterances were
    left out, and ``long`` if some were cropped or processed in pieces.

    Args:
        resume: reuse existing results; otherwise they are removed first.
        force: reuse them even if the audio or the code have changed.

    Returns:
        A line about what was done, for the user.

    Raises:
        InputError: malformed data, audio that cannot be read or is too short, failed jobs, another
            process that writes to the dump, or an existing dump with other settings.
    """
    if options.out.resolve() == options.data.resolve():
        raise InputError(f"{options.out}: --out is the data directory; choose another directory")
    if options.nj < 1:
        raise InputError(f"--nj {options.nj}: must be at least 1")
    if options.device != "cpu":
        # Refused here rather than by every job; PyTorch takes seconds to import.
        from menan.device import open_device

        open_device(options.device)
    options = replace(options, features=resolved(options.features, options.device))
    metadata = read_metadata(options.data)
    copies = options.copies(metadata)
    with only_writer(options.out) as out:
        if not resume:
            _remove(out)
        if (out / "feats.scp").exists():
            skipped = check_complete(out, options.features, copies, options.skip_bad, force)
            remove_shard_tables(out)
            # Metadata may have been corrected since; features do not depend on them.
            write_copy_labels(out, metadata, _without(copies, skipped))
            return (
                f"{out}: already complete ({len(copies) - len(skipped)} utterances), nothing to "
                "extract"
            )
        shards = make_shards(out, copies, min(options.nj, len(copies)))
        finished = [shard for shard in shards if shard.is_finished()]
        continued = check_shards(out, options.features, finished, force)
        remove_shards(out, but=finished)
        write_features_yaml(out, options.features, continued)
        try:
            _write_shards(options, shards, len(copies))
        except BaseException:
            if not any(shard.is_finished() for shard in shards):
                (out / "features.yaml").unlink()
            raise
        return _complete(options, metadata, copies, shards)


def _write_shards(options: DumpOptions, shards: list[Shard], total: int) -> None:
    """Write all shards that are not finished."""
    if all(shard.is_finished() for shard in shards):
        return
    if options.launcher and len(shards) > 1:
        _launch(options, len(shards))
        return
    for shard in shards:
        write_shard(options, shard, total, Holder(options.out))


def _complete(
    options: DumpOptions, metadata: Metadata, copies: dict[str, SpeedCopy], shards: list[Shard]
) -> str:
    """Merge the finished shards."""
    out, whole = options.out, merged_tables(shards)
    skipped = whole["skipped"]
    refuse_many(skipped, len(copies))
    dumped = _without(copies, skipped)
    assert list(whole["feats.scp"]) == list(dumped)
    write_copy_labels(out, metadata, dumped)
    for name in ("utt2num_frames", "utt2audio"):
        write_table(out / name, whole[name])
    for name in ("skipped", "long"):
        if whole[name]:
            write_table(out / name, whole[name])
    write_table(out / "feats.scp", whole["feats.scp"])
    remove_shard_tables(out)
    rows = sum(map(int, whole["utt2num_frames"].values()))
    text = f"{out}: {len(dumped)} utterances, {rows} rows of {options.features.dims} features"
    if long := whole["long"]:
        first = next(iter(long))
        print(
            f"warning: {out / 'long'}: {len(long)} utterances are long; the first: {first}, "
            f"{long[first]}",
            file=sys.stderr,
        )
    return f"{text}; {len(skipped)} left out, see {out / 'skipped'}" if skipped else text


def _without(copies: dict[str, SpeedCopy], skipped: Iterable[str]) -> dict[str, SpeedCopy]:
    return {name: copy for name, copy in copies.items() if name not in skipped}


def _remove(out: Path) -> None:
    for name in ("feats.scp", "features.yaml", "skipped", "long"):
        (out / name).unlink(missing_ok=True)
    remove_shards(out)


def _launch(options: DumpOptions, nj: int) -> None:
    log = options.out / "log"
    with atomic_open(log / "dump.yaml") as file:
        yaml.safe_dump({"features": options.features.to_plain()}, file, sort_keys=False)
    command = [
        *options.job_command,
        *(f"--data={options.data}", f"--out={options.out}", f"--config={log / 'dump.yaml'}"),
        *(f"--nj={nj}", f"--device={options.device}"),
        f"--skip-bad={options.skip_bad}".lower(),
        f"--allow-pipes={options.allow_pipes}".lower(),
    ]
    if any("JOB" in word for word in command):
        raise InputError(
            f"{options.data}, {options.out}: a launcher would replace JOB in a path; use another "
            "path"
        )
    job = [f"JOB=1:{nj}", str(log / "dump.JOB.log"), *command, "--job=JOB"]
    process = subprocess.Popen([*options.launcher, *job])
    try:
        status = process.wait()
    except BaseException:
        # Unlike subprocess.run, let the launcher end its jobs before it ends.
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise InputError(f"{options.out}: not all of {nj} jobs succeeded; see {log / 'dump.*.log'}")
