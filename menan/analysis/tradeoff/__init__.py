"""The front of utility against leakage, over the trainings of a study."""
