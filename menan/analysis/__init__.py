"""What is made of trained runs: leakage probes, tables, t-SNE and the report."""
