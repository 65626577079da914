"""``ghosteam check <problem>``: everything that can be wrong, said before any deployment."""
