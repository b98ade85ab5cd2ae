import numpy as np
import pytest

from menan.errors import InputError
from menan.training.selection import EPOCH_RULES, RULES, HeldOut, selection_rule


def held_out(guesses, labels, speaker="v") -> HeldOut:
    """Posteriors that put 0.7 on the guess; guesses (epochs, utterances)."""
    guesses = np.asarray(guesses)
    posteriors = np.full((*guesses.shape, 4), 0.1)
    np.put_along_axis(posteriors, guesses[..., None], 0.7, axis=-1)
    n = guesses.shape[1]
    return HeldOut(
        utts=np.array([f"{speaker}-{i}" for i in range(n)]),
        speakers=np.array([speaker] * n),
        labels=np.asarray(labels),
        log_posteriors=np.log(posteriors).astype(np.float32),
    )


LABELS = [0, 0, 0, 1]
# WA by epoch: 0.75, 0.5, 0.5, 0.75; UA: 0.5, 2/3, 2/3, 0.5.
VALID = held_out([[0, 0, 0, 0], [0, 2, 2, 1], [2, 0, 2, 1], [0, 0, 0, 2]], LABELS)


def test_rules_pick_the_earliest_of_the_best_epochs():
    picked = {rule: chosen.epoch(VALID) for rule, chosen in EPOCH_RULES.items()}
    assert picked == {"best-ua": 1, "best-wa": 0, "best-loss": 0, "last": 3}


def test_oracle_alone_looks_at_the_test_speaker():
    test = held_out([[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1], [1, 1, 1, 0]], LABELS, "t")
    epochs = {name: rule.select(VALID, test)[0] for name, rule in RULES.items()}
    assert epochs == {
        "best-ua": 2, "best-wa": 1, "best-loss": 1, "last": 4, "oracle": 3, "last10": None
    }  # fmt: skip
    changed = held_out([[0, 0, 0, 1], *VALID.guesses[1:]], LABELS, "t")
    for name, rule in EPOCH_RULES.items():
        assert rule.select(VALID, changed)[0] == epochs[name]
    assert [name for name, rule in RULES.items() if rule.sees_test] == ["oracle"]


def test_last10_averages_the_posteriors_of_the_last_ten_epochs():
    # Class 3 in 6 of the last 10 epochs, class 2 in all that came before.
    guesses = [[2]] * 20 + [[3], [1]] * 4 + [[3], [3]]
    _, valid, test = RULES["last10"].select(held_out(guesses, [3]), held_out(guesses, [3], "t"))
    assert valid.argmax(-1).tolist() == test.argmax(-1).tolist() == [3]


def test_posteriors_survive_the_file(tmp_path):
    VALID.save(tmp_path / "heldout.npz")
    loaded = HeldOut.load(tmp_path / "heldout.npz")
    for name, array in vars(VALID).items():
        np.testing.assert_array_equal(array, getattr(loaded, name))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut"])
def test_damaged_posteriors_are_refused_by_name(tmp_path, content):
    path = tmp_path / "heldout.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"heldout\.npz"):
        HeldOut.load(path)


def test_unknown_rule_is_refused():
    with pytest.raises(InputError, match="unknown selection rule 'best'"):
        selection_rule("best")
