"""How well fresh probes identify the speaker from frozen embeddings."""
