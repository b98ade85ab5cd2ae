"""WA, UA, confidence intervals and tests: pure functions on labels, without torch."""
