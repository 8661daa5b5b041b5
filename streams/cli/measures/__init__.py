"""What the measures have found, for people: a short table each. A new measure has a file here and a row in `SHOWN`."""
