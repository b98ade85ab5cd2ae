"""Checks of a data or dump directory that find every fault, not only the first."""
