"""``ghosteam init``: a problem's folder from files of data."""
