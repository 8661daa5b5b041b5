"""What a data file seems to hold, and the gauge file that says so."""
