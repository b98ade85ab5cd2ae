"""Synthetic speech in the layout of real releases, for demos and tests."""
