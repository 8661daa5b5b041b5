"""What a gauge has published, read back and folded: the one view that commands, pages and exports read."""
