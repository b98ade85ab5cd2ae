"""What fresh probes find of the speaker in frozen embeddings."""
