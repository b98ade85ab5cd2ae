"""A release on disk becomes utterance records: one module a corpus."""
