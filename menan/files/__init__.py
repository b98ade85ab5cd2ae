"""Writing files atomically, locking directories, and reading YAML with checks."""
