"""The simulated tools. Each runs as a process of its own and speaks as the real one does."""
