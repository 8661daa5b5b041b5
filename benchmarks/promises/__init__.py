"""What the figures promise, measured by simulation and on real streams. ``run.py`` prints it."""
