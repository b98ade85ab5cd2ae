"""The commands of menan, one a file."""
