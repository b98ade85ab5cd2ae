"""Job launchers in the grammar of Kaldi's run.pl: this machine and SLURM; no PyTorch, no NumPy."""
