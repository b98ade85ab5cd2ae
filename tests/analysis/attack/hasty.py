"""Attackers that hardly learn, for tests of what happens around them."""

from menan.analysis.attack import learners, nonlinear_erasure, resampling, trial_plan


def hasten(monkeypatch):
    monkeypatch.setattr(learners, "MOST_EPOCHS", 1)
    monkeypatch.setattr(learners, "FEWEST_EPOCHS", 1)
    monkeypatch.setattr(learners, "PENALTIES", (0.1,))
    monkeypatch.setattr(learners, "DRAWS", 2)
    monkeypatch.setattr(trial_plan, "SPLITS", 3)
    monkeypatch.setattr(resampling, "RESAMPLES", 20)
    monkeypatch.setattr(nonlinear_erasure, "STEPS", 2)
