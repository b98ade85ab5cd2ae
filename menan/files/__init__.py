"""Files that appear whole, are locked, and are checked when read."""
