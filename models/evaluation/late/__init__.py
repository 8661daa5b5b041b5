"""What is known of the metric while labels are late."""
