"""Data files: read, replayed in the order of a log, folded offline or sent."""
