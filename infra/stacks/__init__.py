"""One stack a concern; a stack only instantiates, wires and grants."""
