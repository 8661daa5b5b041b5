"""What operators order: the control topic, and the commands that write to it."""
