"""The commands that read what a gauge has published."""
