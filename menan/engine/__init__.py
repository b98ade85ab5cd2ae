"""Training many models side by side."""
