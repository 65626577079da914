"""``python -m cli``: what the start script runs."""

from cli.app import app

app(prog_name="ghosteam")
