"""The job image: built by Docker, or by buildah where no Docker engine runs."""
