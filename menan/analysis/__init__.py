"""t-SNE, figures and the tables of results."""
