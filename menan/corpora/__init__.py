"""Corpora: one module per corpus, and one line in the table of :mod:`.known_corpora`."""
