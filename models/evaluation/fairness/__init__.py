"""Gaps between groups: pairing, bets, episodes, and the measure that watches the protected attributes of a gauge."""
