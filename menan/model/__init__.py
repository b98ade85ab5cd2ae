"""Table 1 of the paper, its losses, and inference with a trained model."""
