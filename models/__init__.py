"""The core: what a gauge decides, as a deterministic fold of its log.

Rules: no Kafka, clock, file, environment, network or thread is known here; time, randomness and configuration
are arguments; state changes only inside :meth:`models.learner.Learner.handle`.
"""
