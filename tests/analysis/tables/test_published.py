"""Published figures beside those of an experiment."""

from pathlib import Path

import numpy as np
import pytest

from menan.analysis.tables.fold_results import FoldResult, SpeakerPosteriors
from menan.analysis.tables.published import PublishedProtocol, published_table
from menan.errors import InputError
from menan.files.mapping import from_mapping
from menan.files.yaml_file import read_yaml
from menan.labels import IEMOCAP_EMOTIONS, LabelSet

LABELS = LabelSet(("low", "high"))
FILE = """
protocol: "Two folds of two speakers."
citation: "A paper."
corpus: Corpus
emotions: [high, low]
groups: 2
measure: {measure}
systems: {{big model: 70}}
"""


def fold(seed, group, speaker, labels, of_high):
    """A fold whose test speaker's utterances have these probabilities of ``high``."""
    high = np.array(of_high)
    posteriors = SpeakerPosteriors(np.array(labels), np.log(np.stack([1 - high, high], axis=-1)))
    return FoldResult("ec", seed, group, "", speaker, 1, posteriors, posteriors, 0.0)


FOLDS = [
    # Group a, both speakers together: recalls 2/3 and 1/1 with seed 0, 3/3 and 0/1 with seed 1.
    fold(0, "a", "a1", [0, 0], [0.1, 0.6]),
    fold(0, "a", "a2", [0, 1], [0.1, 0.9]),
    fold(1, "a", "a1", [0, 0], [0.1, 0.3]),
    fold(1, "a", "a2", [0, 1], [0.1, 0.3]),
    # Group b: all right with both seeds.
    fold(0, "b", "b1", [0, 1], [0.1, 0.9]),
    fold(1, "b", "b1", [0, 1], [0.1, 0.9]),
]


@pytest.fixture
def written(tmp_path):
    def write(measure="ua", **replaced):
        text = FILE.format(measure=measure)
        for old, new in replaced.items():
            text = text.replace(old, new)
        path = tmp_path / "published.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("measure", "one_seed", "all_seeds"),
    # Averaged over seeds, a1's second utterance (0.45) and a2's second (0.6) are right too.
    [
        ("ua", 100 * (5 / 6 + 1 / 2 + 1 + 1) / 4, 100),
        ("wa", 100 * (3 / 4 + 3 / 4 + 1 + 1) / 4, 100),
    ],
)
def test_figures_are_means_over_groups_of_all_their_utterances(
    written, measure, one_seed, all_seeds
):
    table = published_table(written(measure), FOLDS, "Corpus", LABELS)
    assert table.systems == {"big model": 70}
    own = table.here["ec"]
    assert (own.one_seed, own.all_seeds) == pytest.approx((one_seed, all_seeds))
    assert own.seeds == 2


@pytest.mark.parametrize(
    ("replaced", "complaint"),
    [
        ({"corpus: Corpus": "corpus: Other"}, "corpus Other; this experiment has Corpus"),
        ({"[high, low]": "[high, mid]"}, "emotions high mid; this experiment has high low"),
        ({"groups: 2": "groups: 5"}, "groups 5; this experiment has 2"),
        ({"measure: ua": "measure: f1"}, "measure must be one of wa, ua"),
        ({"70": "7000"}, "between 0 and 100"),
        ({"citation: ": "citatoin: "}, "citatoin"),
    ],
)
def test_figures_of_something_else_are_refused(written, replaced, complaint):
    with pytest.raises(InputError, match=complaint):
        published_table(written(**replaced), FOLDS, "Corpus", LABELS)


EGS = Path(__file__).resolve().parents[3] / "egs"


def test_the_files_of_the_recipes_are_read():
    paths = sorted(EGS.glob("*/conf/*.published"))
    assert [path.name for path in paths] == ["superb.published", "emobox.published"]
    superb, emobox = (from_mapping(PublishedProtocol, read_yaml(path), "") for path in paths)
    assert set(superb.emotions) == set(IEMOCAP_EMOTIONS)
    groups = [line.split()[1] for line in (EGS / "ravdess/conf/emobox.groups").open()]
    assert emobox.groups == len(set(groups))
