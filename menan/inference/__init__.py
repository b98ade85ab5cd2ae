"""Trained models on dump directories and audio files."""
