"""WA, UA and their relatives: pure functions on labels, without torch."""
