"""Probes that hardly learn, for tests of what happens around them."""

import pytest

from menan.analysis.leakage import probes


def hasten_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "EPOCHS", 2)
    monkeypatch.setattr(probes, "PENALTIES", (0.1,))
