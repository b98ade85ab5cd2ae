"""Going on with a dump: only while what it is made from is what it was."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from menan.datadir.archive import read_scp
from menan.datadir.dump_record import read_features_record, write_features_yaml
from menan.datadir.tables import c_sorted, read_table, write_table
from menan.errors import InputError
from menan.features.dump.fingerprints import describe_audio, find_changed
from menan.features.dump.shards import Part
from menan.features.dump.speed_copies import Copy
from menan.front_ends import FrontEnd
from menan.provenance import code_digest, code_version

_ANEW = "--resume false makes the dump anew"


def check_complete(
    out: Path, config: FrontEnd, copies: Mapping[str, Copy], skip_bad: bool, force: bool
) -> list[str]:
    """See that a complete dump is the wanted one.

    Args:
        skip_bad: whether it may lack utterances that were left out.
        force: accept changed audio, with a warning and a note in features.yaml.

    Returns:
        The utterances that were left out.

    Raises:
        InputError: it is not.
    """
    record = _same_config(out, config)
    scp = out / "feats.scp"
    there = read_scp(scp).keys()
    skipped = read_table(out / "skipped") if (out / "skipped").exists() else {}
    if skipped and not skip_bad:
        name, reason = next(iter(skipped.items()))
        raise InputError(
            f"{out / 'skipped'}: lacks {name!r} ({reason}); accept that by --skip-bad true, or "
            f"mend it: {_ANEW}"
        )
    if missing := c_sorted(copies.keys() - there - skipped.keys()):
        raise InputError(f"{scp}: lacks {missing[0]!r} of the data; {_ANEW}")
    if extra := c_sorted((there | skipped.keys()) - copies.keys()):
        raise InputError(f"{scp}: has {extra[0]!r}, which the data lack; {_ANEW}")
    table = out / "utt2audio"
    if table.exists() and (changed := _check_audio(table, out, copies, force)):
        write_features_yaml(out, config, [*record.get("continued", []), changed])
    return list(skipped)


def check_parts(out: Path, config: FrontEnd, finished: Sequence[Part], force: bool) -> list[str]:
    """See that the finished parts of an incomplete dump can be kept.

    Returns:
        What was different and was forced, now and before, for features.yaml.

    Raises:
        InputError: they were made otherwise.
    """
    if not (out / "features.yaml").exists():
        return []
    record = _same_config(out, config)
    if not finished:
        return []
    continued = list(record.get("continued", []))
    if record.get("code") != code_digest():
        was, now = record.get("version"), code_version()
        continued.append(_force(f"begun by the code of menan {was}, now {now}", out, force))
    for part in finished:
        table = out / f"utt2audio.{part.number}"
        if changed := _check_audio(table, out, part.copies, force):
            continued.append(changed)
    return continued


def _same_config(out: Path, config: FrontEnd) -> dict:
    """The record of a dump, if its configuration is the wanted one."""
    record = read_features_record(out)
    for key, value in config.to_plain().items():
        if (stored := record["features"][key]) != value:
            raise InputError(
                f"{out / 'features.yaml'}: {key} is {stored} there and {value} here; {_ANEW}"
            )
    return record


def _check_audio(table: Path, out: Path, copies: Mapping[str, Copy], force: bool) -> str | None:
    """Refuse audio that has changed; if forced, take it for what was dumped."""
    utt2audio = read_table(table)
    sources = {copy.utt: copy.source for copy in copies.values()}
    if extra := c_sorted(utt2audio.keys() - sources.keys()):
        raise InputError(f"{table}: names {extra[0]!r}, which the data lack; {_ANEW}")
    began = (out / "features.yaml").stat().st_mtime
    changed = find_changed(utt2audio, sources, began)
    if changed is None:
        return None
    text = _force(changed, out, force)
    write_table(table, {utt: describe_audio(sources[utt]) for utt in utt2audio})
    return text


def _force(difference: str, out: Path, force: bool) -> str:
    if not force:
        raise InputError(f"{out}: {difference}; {_ANEW}, --force true goes on with it")
    print(f"warning: {out}: {difference}; going on", file=sys.stderr)
    return difference
