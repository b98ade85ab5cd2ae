import numpy as np
import pytest

from menan.analysis.report.mixing import knn_mixing


def test_classes_far_apart_keep_to_themselves():
    points = np.concatenate([np.zeros((20, 2)), np.full((20, 2), 9.0)])
    points += np.random.default_rng(0).normal(scale=0.1, size=points.shape)
    labels = ["a"] * 20 + ["b"] * 20
    same, shuffled = knn_mixing(points, labels)
    assert same == 1.0
    assert shuffled == pytest.approx(19 / 39)


def test_shuffled_is_what_labels_without_a_place_give_on_average():
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(60, 3)), np.array(["a"] * 40 + ["b"] * 20)
    found = [knn_mixing(points, list(rng.permutation(labels))) for _ in range(200)]
    assert np.mean([mixing.same for mixing in found]) == pytest.approx(found[0].shuffled, abs=0.01)


def test_a_point_is_no_neighbour_of_itself():
    assert knn_mixing(np.zeros((2, 2)), ["a", "b"], k=1).same == 0.0


def test_few_points_have_all_others_for_neighbours():
    assert knn_mixing(np.arange(3.0)[:, None], ["a", "a", "b"], k=10).same == pytest.approx(1 / 3)
