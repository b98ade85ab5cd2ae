"""Recordings of a corpus that cannot be read: all named at once, or left out if they are few."""

from dataclasses import replace

from menan.corpora.preparation import Preparation
from menan.errors import MOST_BAD, BadItems, refuse_items


def without_bad(preparation: Preparation, bad: dict[str, str], skip_bad: bool) -> Preparation:
    """The preparation without the utterances of broken recordings, which it reports.

    Args:
        bad: the reason, by path.
        skip_bad: leave such utterances out, up to MOST_BAD per cent of them.

    Raises:
        InputError: broken recordings that may not be left out; all of them are named.
    """
    if not bad:
        return preparation
    if not skip_bad:
        refuse_items([f"{reason} (or use --skip-bad true)" for reason in bad.values()])
    whole = [u for u in preparation.utterances if u.path not in bad]
    lost = len(preparation.utterances) - len(whole)
    if lost > MOST_BAD / 100 * len(preparation.utterances):
        count = (
            f"{lost} of {len(preparation.utterances)} utterances are bad, and --skip-bad true "
            f"leaves out at most {MOST_BAD:g} %; replace the files, or remove them"
        )
        raise BadItems([*bad.values(), count])
    left_out = preparation.left_out | {"unreadable audio": lost}
    warnings = preparation.warnings | {"files that cannot be read, left out": list(bad.values())}
    return replace(preparation, utterances=whole, left_out=left_out, warnings=warnings)
