"""The dump of a data directory: features of all utterances and of their speed copies.

``feats.scp`` is written last, so that its presence means the dump is complete.
"""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from menan.datadir.dump_record import write_features_yaml
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.features.dump.jobs import Order, make_part, refuse_many
from menan.features.dump.resume import check_complete, check_parts
from menan.features.dump.shards import Part, cut, put_together, remove_parts, remove_tables
from menan.features.dump.speed_copies import Copy, write_copy_labels
from menan.files.atomic import atomic_open
from menan.files.lock import Holder, only_writer


def dump_features(
    order: Order,
    launcher: Sequence[str] = (),
    job: Sequence[str] = (),
    resume: bool = True,
    force: bool = False,
) -> str:
    """Dump a data directory; a complete dump is left as it is, finished parts are kept.

    Writes feats.N.ark, feats.scp, utt2num_frames, utt2uniq, utt2audio (what the audio was),
    features.yaml, the label files with a line for each copy, and ``skipped`` if any was.

    Args:
        launcher: beginning of a command line in the grammar of Kaldi's run.pl, which runs the
            jobs when there are several; without one, this process makes all parts in turn.
        job: beginning of the command line of one job, which takes the options of menan-dump.
        resume: keep what is there; else it is removed first.
        force: keep it although the audio or the code have changed.

    Returns:
        What was done, for the user.

    Raises:
        InputError: malformed data, audio that cannot be read or is too short, failed jobs,
            somebody else who writes to the dump, or one that was made otherwise.
    """
    if order.out.resolve() == order.data.resolve():
        raise InputError(f"{order.out}: is the data directory itself; dump to another")
    if order.nj < 1:
        raise InputError(f"--nj {order.nj}: at least one job is needed")
    if order.device != "cpu":
        from menan.device import open_device

        open_device(order.device)  # refused here, and not by each job
    labels = read_metadata(order.data)
    copies = order.copies(labels)
    with only_writer(order.out) as out:
        if not resume:
            _remove(out)
        if (out / "feats.scp").exists():
            skipped = check_complete(out, order.config, copies, order.skip_bad, force)
            remove_tables(out)
            # Labels may have been corrected since; features do not depend on them.
            write_copy_labels(out, labels, _without(copies, skipped))
            return (
                f"{out}: complete already ({len(copies) - len(skipped)} utterances), nothing to "
                "extract"
            )
        parts = cut(out, copies, min(order.nj, len(copies)))
        finished = [part for part in parts if part.is_finished()]
        continued = check_parts(out, order.config, finished, force)
        remove_parts(out, but=finished)
        write_features_yaml(out, order.config, continued)
        try:
            if len(finished) == len(parts):
                pass  # they only were not put together
            elif len(parts) > 1 and launcher:
                _launch(order, len(parts), launcher, job)
            else:
                for part in parts:
                    make_part(order, part, len(copies), Holder(out))
        except BaseException:
            if not any(part.is_finished() for part in parts):
                (out / "features.yaml").unlink()
            raise
        return _complete(order, labels, copies, parts)


def _complete(order: Order, labels: Metadata, copies: dict[str, Copy], parts: list[Part]) -> str:
    """Put finished parts together."""
    out, whole = order.out, put_together(parts)
    skipped = whole["skipped"]
    refuse_many(skipped, len(copies))
    there = _without(copies, skipped)
    assert list(whole["feats.scp"]) == list(there)
    write_copy_labels(out, labels, there)
    for name in ("utt2num_frames", "utt2audio"):
        write_table(out / name, whole[name])
    if skipped:
        write_table(out / "skipped", skipped)
    write_table(out / "feats.scp", whole["feats.scp"])
    remove_tables(out)
    frames = sum(map(int, whole["utt2num_frames"].values()))
    text = f"{out}: {len(there)} utterances, {frames} frames of {order.config.dims}"
    return f"{text}; {len(skipped)} left out, see {out / 'skipped'}" if skipped else text


def _without(copies: dict[str, Copy], skipped: Iterable[str]) -> dict[str, Copy]:
    return {name: copy for name, copy in copies.items() if name not in skipped}


def _remove(out: Path) -> None:
    for name in ("feats.scp", "features.yaml", "skipped"):
        (out / name).unlink(missing_ok=True)
    remove_parts(out)


def _launch(order: Order, nj: int, launcher: Sequence[str], job: Sequence[str]) -> None:
    log = order.out / "log"
    with atomic_open(log / "dump.yaml") as file:
        yaml.safe_dump({"features": order.config.to_plain()}, file, sort_keys=False)
    command = [*job, f"--data={order.data}", f"--out={order.out}"]
    command += [f"--config={log / 'dump.yaml'}"]
    command += [f"--nj={nj}", f"--device={order.device}"]
    command += [
        f"--skip-bad={order.skip_bad}".lower(),
        f"--allow-pipes={order.allow_pipes}".lower(),
    ]
    if any("JOB" in word for word in command):
        raise InputError(
            f"{order.data}, {order.out}: a launcher would replace JOB in it; use another path"
        )
    jobs = [f"JOB=1:{nj}", str(log / "dump.JOB.log"), *command, "--job=JOB"]
    process = subprocess.Popen([*launcher, *jobs])
    try:
        status = process.wait()
    except BaseException:
        # Unlike subprocess.run, let the launcher end its jobs before it ends.
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise InputError(f"{order.out}: not all of {nj} jobs ended well, see {log / 'dump.*.log'}")
