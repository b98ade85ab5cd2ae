"""Speaker-invariant speech emotion recognition: MEnAN and its rivals."""

__version__ = "0.1.0"
