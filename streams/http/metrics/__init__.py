"""What Prometheus sees: a catalogue of metrics, and the series of each family."""
