"""``ghosteam report data``: what landed in a data set, as pages that people read."""
