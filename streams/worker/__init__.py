"""A worker's process: everything wired together, watched, started and stopped."""
