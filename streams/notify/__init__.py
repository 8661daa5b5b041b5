"""Alerts that reach people: each step of an episode goes to each webhook once, and is recorded."""
