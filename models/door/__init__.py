"""From the bytes of a record to an input of the core; all that can be wrong with a record is found here."""
