"""A state to bytes and back, by exact names only."""
