"""What a graph costs, as pure functions of it."""
