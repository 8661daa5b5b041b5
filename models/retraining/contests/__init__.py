"""Contests between versions: tests by betting that may be looked at after every event."""
