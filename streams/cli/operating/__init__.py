"""The commands of an operator: orders, words in the log, topics."""
