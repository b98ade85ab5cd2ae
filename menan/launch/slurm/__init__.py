"""The launcher for SLURM clusters: jobs are the tasks of one sbatch array."""
