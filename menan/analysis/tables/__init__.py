"""The paper's tables from trained runs, with intervals and tests."""
