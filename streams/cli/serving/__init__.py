"""The commands that serve until they are stopped."""
