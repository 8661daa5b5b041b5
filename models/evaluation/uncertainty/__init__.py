"""Intervals and sets that are issued with predictions, how they are kept to, and when to abstain."""
