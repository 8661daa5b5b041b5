"""How outputs and the commits that belong to them reach Kafka: in one transaction, or at least once."""
