"""What others read instead of our code: JSON Schemas of the records, and an AsyncAPI document of a gauge."""
