"""A scoring replica: follows snapshots and log of all partitions, answers, and changes nothing."""
