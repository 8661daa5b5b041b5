"""The commands that take events to a service: by its topic, or over HTTP."""
