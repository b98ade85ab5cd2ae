"""Scripts that the recipes share: option parsing in shell, and the job launchers."""
