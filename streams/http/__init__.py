"""The worker's listener: health, and what Prometheus sees."""
