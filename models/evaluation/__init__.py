"""How models are measured: prequentially, on held-out windows, and always beside a baseline."""
