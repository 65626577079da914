"""How a specification is read whose parts are at fault: as if these said something sound."""
