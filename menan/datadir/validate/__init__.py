"""Checks of a data or dump directory that report all faults, not only the first."""
