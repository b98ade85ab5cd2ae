"""What the recipes share: the parsing of options in shell, and the job launchers."""
