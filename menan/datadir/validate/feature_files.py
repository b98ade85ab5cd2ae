"""Checks the matrices of a dump against feats.scp, utt2num_frames and features.yaml."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from menan.datadir.archive import read_matrix
from menan.datadir.dump_record import read_features_yaml
from menan.datadir.validate.lenient_table import LenientTable
from menan.datadir.validate.problems import Problem, message_and_cure
from menan.errors import InputError
from menan.front_ends import FrontEnd


def check_feats(tables: Mapping[str, LenientTable], features_yaml: Path) -> Iterator[Problem]:
    """Check that every matrix can be read, is finite, and has the announced shape."""
    counts = {}
    if "utt2num_frames" in tables:
        for utt, value in tables["utt2num_frames"].items():
            if value.isdecimal() and len(value) < 10 and int(value) > 0:
                counts[utt] = int(value)
            else:
                message = f"has {value!r} frames"
                yield tables["utt2num_frames"].problem(utt, message, "write a whole number")
    features = None
    if features_yaml.exists():
        try:
            features = read_features_yaml(features_yaml.parent)
        except InputError as error:
            message, cure = message_and_cure(error, "dump again")
            yield Problem(features_yaml, None, message.removeprefix(f"{features_yaml}: "), cure)
    feats, columns = tables["feats.scp"], 0
    for utt, place in tqdm(list(feats.items()), desc="features", unit="utt", disable=None):
        try:
            matrix = read_matrix(place, repr(utt))
        except InputError as error:
            message, cure = message_and_cure(error, "make its features again")
            yield Problem(feats.path, feats.rows[utt].line, message, cure)
            continue
        columns = columns or matrix.shape[1]
        if features is None and matrix.shape[1] != columns:
            message = f"has {matrix.shape[1]} columns; the first one has {columns}"
            yield feats.problem(utt, message, "make all features with the same settings")
        for message, cure in _faults(matrix, counts.get(utt), features):
            yield feats.problem(utt, message, cure)


def _faults(
    matrix: np.ndarray, count: int | None, features: FrontEnd | None
) -> Iterator[tuple[str, str]]:
    if not np.isfinite(matrix).all():
        bad = int(np.argmin(np.isfinite(matrix).all(axis=1)))
        cure = "correct its audio and make its features again"
        yield f"contains NaN or Inf, first in row {bad}", cure
    if count is not None and len(matrix) != count:
        yield f"has {len(matrix)} rows; utt2num_frames has {count}", "make both together"
    if features is not None and (fault := features.shape_fault(matrix.shape)):
        yield f"{fault} by features.yaml", "dump all utterances with the same settings"
