"""Groups of events measured apart: each one's leading metric, and whether it is served worse than the rest."""
