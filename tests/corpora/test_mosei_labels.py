import csv
import json
import re

import h5py
import numpy as np
import pytest

from menan.corpora.mosei_labels import read_labels
from menan.corpora.mosei_segment import Segment
from menan.errors import InputError

RATINGS = ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"]
HEADER = ["video", "segment", "start", "end", *RATINGS]


def write_csd(path):
    """A label file of one segment of the video ``v``, all ratings 0."""
    with h5py.File(path, "w") as file:
        file["All Labels/metadata/dimension names"] = [json.dumps(RATINGS)]
        file["All Labels/data/v/features"] = np.zeros((1, 7))
        file["All Labels/data/v/intervals"] = [[0.0, 1.0]]
    return path


def write_csv(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def damage(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def without(name):
    def change(file):
        del file[name]

    return change


def replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (without("All Labels"), "/All Labels/"),
        (without("All Labels/metadata"), "/All Labels/metadata/dimension names"),
        (replaced("All Labels/metadata/dimension names", ["a", "b"]), "dimension names"),
        (replaced("All Labels/metadata/dimension names", ['["happy"]']), "dimension names"),
        (without("All Labels/data/v/features"), "/All Labels/data/v/features"),
        (without("All Labels/data/v/intervals"), "/All Labels/data/v/intervals"),
        (replaced("All Labels/data/v", np.zeros(3)), "/All Labels/data/v"),
        (replaced("All Labels/data/v/features", np.zeros((1, 6))), "/All Labels/data/v/features"),
        (replaced("All Labels/data/v/features", np.zeros(7)), "/All Labels/data/v/features"),
        (replaced("All Labels/data/v/features", np.zeros((2, 7))), "/All Labels/data/v"),
        (replaced("All Labels/data/v/features", np.full((1, 7), np.nan)), "row 0"),
        (replaced("All Labels/data/v/intervals", [[0.0, np.inf]]), "row 0"),
        (replaced("All Labels/data/v/features", [[b"x"] * 7]), "/All Labels/data/v/features"),
    ],
)
def test_a_label_file_of_another_structure_is_named_with_the_place_in_it(tmp_path, change, place):
    labels = write_csd(tmp_path / "labels.csd")
    damage(labels, change)
    with pytest.raises(InputError, match=rf"{re.escape(str(labels))}: .*{re.escape(place)}"):
        read_labels(labels)


@pytest.mark.parametrize("keep", [0, 20, 600])
def test_a_cut_short_label_file_is_an_error_with_its_name(tmp_path, keep):
    labels = write_csd(tmp_path / "labels.csd")
    labels.write_bytes(labels.read_bytes()[:keep])
    with pytest.raises(InputError, match=re.escape(f"{labels}: ")):
        read_labels(labels)


def test_a_csv_of_labels_is_read_by_its_column_names(tmp_path):
    header = ["Fear", "Video_ID", "clip", "start_time", "END_TIME", "text", "happiness"]
    header += ["sadness", "angry", "Surprise", "disgust", "sentiment"]
    rows = [
        [6, "-a_1", 3, -0.25, 2, "well, no", 1, 2, 3, 4, 5, -1],
        [0, "007", 12, 1, 3, "yes", 0.33, 0, 2, 0, 0, 1],
    ]
    assert read_labels(write_csv(tmp_path / "labels.csv", header, rows)) == [
        Segment("-a_1", 3, -0.25, 2.0, (1, 2, 3, 4, 5, 6)),
        Segment("007", 12, 1.0, 3.0, (0.33, 0, 2, 0, 0, 0)),
    ]


def test_a_csv_without_segment_numbers_counts_the_rows_of_each_video(tmp_path):
    rows = [[video, 0, 1, *[0] * 7] for video in ("a", "b", "a")]
    header = [name for name in HEADER if name != "segment"]
    segments = read_labels(write_csv(tmp_path / "labels.csv", header, rows))
    assert [(s.video, s.number) for s in segments] == [("a", 0), ("b", 0), ("a", 1)]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"happy": "nan"}, "expected a number as happy"),
        ({"happy": ""}, "happy cell is empty"),
        ({"start": "1:30"}, "expected a number as start"),
        ({"segment": "1.5"}, "expected a whole number from 0 as segment"),
        ({"segment": "0"}, "is listed twice"),
        ({"video": ""}, "video cell is empty"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path, cells, told):
    good = dict(zip(HEADER, ["v", 0, 0, 1, *[0] * 7], strict=True))
    wrong = good | {"segment": 1} | cells
    labels = write_csv(tmp_path / "labels.csv", HEADER, [good.values(), wrong.values()])
    with pytest.raises(InputError, match=rf"{re.escape(str(labels))}:3: .*{told}"):
        read_labels(labels)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ([name for name in HEADER if name != "fear"], "no column 'fear'"),
        ([*HEADER[:-1], "fear", "happiness"], "two columns are named 'happy', or"),
    ],
)
def test_a_wrong_csv_header_is_refused(tmp_path, header, told):
    row = ["v", *[0] * (len(header) - 1)]
    labels = write_csv(tmp_path / "labels.csv", header, [row])
    with pytest.raises(InputError, match=rf"{re.escape(str(labels))}:1: {told}"):
        read_labels(labels)


@pytest.mark.parametrize("name", ["none.csd", "none.csv"])
def test_a_missing_label_file_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match=re.escape(str(tmp_path / name))):
        read_labels(tmp_path / name)
