"""Finished parts of attacks on the disk: systems share some, a killed attack goes on from others.

A part is a :class:`NetworkAttack`. A file's name is a digest of all that decides what is found, the
code included, so a part is never taken for another one.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from menan.analysis.attack.attack_network import Classified, NetworkAttack
from menan.analysis.attack.closed_set import ClosedAttack, Identified
from menan.analysis.attack.open_set import Trials
from menan.files.atomic import atomic_path

FOLDER = "parts"  # beside the JSON files of systems

# What reading a damaged file raises.
DAMAGED = (
    *(OSError, EOFError, zipfile.BadZipFile),
    *(ValueError, KeyError, TypeError, IndexError, AttributeError),
)

# An array of a part: its first place among all values, its shape and its type.
Reference = tuple[int, list[int], str]


class AttackParts:
    """The parts in one folder, or in memory without a folder."""

    def __init__(self, folder: Path | None):
        self.folder = folder
        self._found: dict[str, NetworkAttack] = {}

    def kept_or_made(self, key: str, make: Callable[[], NetworkAttack]) -> NetworkAttack:
        """The part of this key; ``make`` is called if it is missing or damaged."""
        if self.folder is None:
            if key not in self._found:
                self._found[key] = make()
            return self._found[key]
        path = self._path(self.folder, key)
        try:
            return _read(path)
        except DAMAGED:
            made = make()
        with atomic_path(path) as beside:
            _write(beside, made)
        return made

    def remove(self, key: str) -> None:
        """Remove a part that is no longer needed."""
        if self.folder is not None:
            self._path(self.folder, key).unlink(missing_ok=True)

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / f"{key}.npz"


@dataclass
class _Values:
    """The arrays of a part, one after another."""

    parts: list[np.ndarray] = field(default_factory=list)
    size: int = 0

    def add(self, array: np.ndarray) -> Reference:
        start = self.size
        # Whole numbers up to 2 ** 53 and truth values come back from float64 as they were.
        self.parts.append(array.astype(np.float64).ravel())
        self.size += array.size
        return start, list(array.shape), array.dtype.str


def _write(path: Path, found: NetworkAttack) -> None:
    values = _Values()
    header = {
        "speakers": found.speakers,
        "unseen": found.unseen,
        "closed": [
            [
                *key,
                {
                    amount: {name: [values.add(one.right), one.bits] for name, one in own.items()}
                    for amount, own in attack.by_amount.items()
                },
                {name: values.add(right) for name, right in attack.with_less.items()},
            ]
            for key, attack in found.closed.items()
        ],
        "open_set": [
            [
                *release_and_level,
                *key,
                {name: values.add(scores) for name, scores in trials.scores.items()},
                values.add(trials.enrolled),
                values.add(trials.tested),
            ]
            for release_and_level, own in found.open_set.items()
            for key, trials in own.items()
        ],
        "use": {
            label: [
                values.add(one.truth),
                values.add(one.speaker),
                {name: values.add(guesses) for name, guesses in one.guesses.items()},
            ]
            for label, one in found.use.items()
        },
    }
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(path, header=text, values=np.concatenate([np.zeros(0), *values.parts]))


def _read(path: Path) -> NetworkAttack:
    with np.load(path, allow_pickle=False) as file:
        header, values = json.loads(file["header"].tobytes()), file["values"]

    def array(reference: Reference) -> np.ndarray:
        start, shape, dtype = reference
        part = values[start : start + int(np.prod(shape))]
        return part.reshape(shape).astype(np.dtype(dtype))

    def arrays(references: dict[str, Reference]) -> dict[str, np.ndarray]:
        return {name: array(reference) for name, reference in references.items()}

    found = NetworkAttack(
        speakers={name: tuple(speakers) for name, speakers in header["speakers"].items()},
        unseen=tuple(header["unseen"]),
    )
    for of_set, release, level, by_amount, with_less in header["closed"]:
        identified = {
            amount: {name: Identified(array(right), bits) for name, (right, bits) in own.items()}
            for amount, own in by_amount.items()
        }
        found.closed[of_set, release, level] = ClosedAttack(identified, arrays(with_less))
    for release, level, kind, enrol, test, scores, enrolled, tested in header["open_set"]:
        own = found.open_set.setdefault((release, level), {})
        own[kind, enrol, test] = Trials(arrays(scores), array(enrolled), array(tested))
    for label, (truth, speaker, guesses) in header["use"].items():
        found.use[label] = Classified(array(truth), array(speaker), arrays(guesses))
    return found
