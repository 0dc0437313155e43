"""A graph with memory: parameters, workspaces, and the walks forward and backward."""
