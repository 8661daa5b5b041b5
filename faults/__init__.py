"""What dies, and what must be true afterwards: workers, brokers and snapshots broken at known and at random moments.

``python -m faults`` runs rounds against a real Kafka and writes down k of n. A round breaks something; a verifier, a
process of its own, then compares what a consumer of committed records sees with an uninterrupted twin.
"""
