"""Features: what a model may know at the time of an event, the same offline and online."""
