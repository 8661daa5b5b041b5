"""Metrics by their names: River's and some that it has not, their parameters, and when each has a figure."""
