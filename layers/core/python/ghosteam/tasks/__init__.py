"""Tasks: what kind of outcome a problem predicts, and all that follows from it. One file a task."""
