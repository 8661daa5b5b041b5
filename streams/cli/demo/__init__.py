"""``rivergauge demo``: the stream live in a terminal."""
