"""The broker as every client of ours meets it: connection, topics, what its errors mean."""
