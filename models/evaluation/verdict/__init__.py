"""The service beside the simplest baselines: how far it leads, in figures and in words, and the alert if it trails."""
