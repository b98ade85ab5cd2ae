"""The labels of EmoBox's corpora: those that it scores, under menan's names."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from menan.corpora.emobox_manifest import ManifestLine
from menan.corpora.emobox_speakers import CorpusRule
from menan.corpora.label_choice import ReleaseLabels
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.labels import is_label

# Scored labels that are no emotion: EmoBox leaves these utterances out as well.
NO_EMOTION = ("no-agreement", "other", "unknown")


def scored_labels(
    lines: Iterable[ManifestLine], label_map: Mapping[str, str], rule: CorpusRule, path: Path
) -> dict[str, str]:
    """The label of each key as menan names it.

    The manifest and the map of Emo-DB disagree in the first letter of neutral, so case is ignored
    where a label is not in the map.

    Args:
        label_map: the label that is scored, by label of the manifest; empty for the same label.
        path: the manifest.

    Raises:
        InputError: a label that the map lacks, or one that cannot be a label of menan.
    """
    folded = {old.lower(): new for old, new in label_map.items()}
    scored = {}
    for line in lines:
        new = label_map.get(line.emotion, folded.get(line.emotion.lower()))
        if new is None and label_map:
            raise InputError(
                f"{line.where}: label {line.emotion!r} is not in the label map of "
                f"{path.parent}; add it there"
            )
        new = new or line.emotion
        name = rule.names.get(new, re.sub(r"[\s,]+", "_", new.strip()).lower())
        if not is_label(name):
            raise InputError(f"{line.where}: {new[:80]!r} cannot be a label; correct the label map")
        scored[line.key] = name
    return scored


def release_labels(scored: Mapping[str, str], rule: CorpusRule, path: Path) -> ReleaseLabels:
    """The labels of a manifest; those of :data:`NO_EMOTION` are left out by default."""
    found = set(scored.values())
    order = [name for name in rule.names.values() if name in found]
    order += c_sorted(found.difference(order, NO_EMOTION))
    none = tuple(name for name in NO_EMOTION if name in found)
    return ReleaseLabels(str(path), tuple(order), {name: name for name in order}, none)
