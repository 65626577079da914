"""``ghosteam quarantine``: the rows and files that were not let in, and how they are put right."""
