"""Fixtures of the tests of analysis."""

import pytest

from menan.analysis.leakage import probes


@pytest.fixture
def quick_probes(monkeypatch):
    """Probes that hardly learn, for tests of what happens around them."""
    monkeypatch.setattr(probes, "EPOCHS", 2)
    monkeypatch.setattr(probes, "PENALTIES", (0.1,))
