"""Who may ask, how much at once, and how long a connection may take."""
