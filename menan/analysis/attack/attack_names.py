"""Names of releases, attackers, sets and trials, as results have them."""

# What is released.
Z, POSTERIORS, DECISION, RIVAL = "z", "EC(z)", "decision", "rival's posteriors"
RAW, LINEAR_ERASURE, NONLINEAR_ERASURE = "raw", "LEACE", "HSIC erasure"

# What an attacker has beside the released embeddings and their speakers: nothing but embeddings
# without noise to learn from; releases like those attacked; the networks, but not the key; the key.
IGNORANT, FRESH, INFORMED, KNOWN = "ignorant", "fresh", "informed", "noise known"

# Utterances of the closed set: those that the network was trained on, and others.
HEARD, UNHEARD = "heard", "unheard"

# Trials of the open set.
ANY, SAME_EMOTION, OTHER_TEXT = "any", "same emotion", "other text"

ALL = "all"  # utterances of a speaker
CLOSED, OPEN = "closed", "open"  # sets, in differences
EMOTION = "emotion"  # the label that EC tells
UNTRAINED = "untrained emotions"  # of the utterances that nobody trained on
TEXT = "text"  # the label that says what is spoken
