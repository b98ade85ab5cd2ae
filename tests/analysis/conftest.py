"""Fixtures of the tests of analysis."""

import pytest

from tests.analysis.leakage.hasty_probes import hasten_probes


@pytest.fixture
def quick_probes(monkeypatch):
    """Probes that hardly learn, for tests of what happens around them."""
    hasten_probes(monkeypatch)
