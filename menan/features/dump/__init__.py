"""From a data directory to a dump directory, in parallel jobs that can be resumed."""
