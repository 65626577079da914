"""What a specification means: faults that no single field shows. Without data or a library."""
