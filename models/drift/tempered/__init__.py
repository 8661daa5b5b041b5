"""The default detector of a rising error: bets on residuals of two forecasts, tempered by the dependence it measures.

Rules: `bets` place them, `dependence` measures what they must be tempered by, `peaks` raises the threshold by what the
stream has done before, and `detector` is the order in which that happens. Nothing here knows of models or labels.
"""
