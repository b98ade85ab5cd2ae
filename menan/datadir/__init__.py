"""Kaldi data directories: read, write, validate, groups and folds."""
