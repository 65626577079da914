"""What is stored and told: typed documents, and where they stand."""
