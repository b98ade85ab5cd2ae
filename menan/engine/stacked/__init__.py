"""Many networks of Table 1 in lock-step: every tensor has a leading model axis."""
