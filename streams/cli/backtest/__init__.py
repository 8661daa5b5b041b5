"""``rivergauge backtest``: a file folded, its models compared, and what came of it."""
