"""Scores over HTTP, in the protocols that clients of other servers speak."""
