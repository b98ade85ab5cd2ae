"""Objectives, the trainer, checkpoints and the selection of an epoch."""
