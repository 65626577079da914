"""Data in: read, convert, validate, profile, quarantine."""
