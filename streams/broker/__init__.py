"""Brokers that Rivergauge can bring along."""
