"""The words of Rivergauge: the gauge file, the events that go in, the records that come out.

Nothing here knows a model, a broker, a clock or a file system, and nothing of ours is imported.
"""
