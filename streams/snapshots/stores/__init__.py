"""Where snapshots are kept, and which of them stay."""
