"""Utility against leakage over the trainings of a study."""
