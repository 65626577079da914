"""``ghosteam report drift``: the verdict on a window as a web page."""
