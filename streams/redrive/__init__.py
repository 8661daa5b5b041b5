"""Dead letters sent again: chosen, sent as they came, each once, and recorded with who did it and when."""
