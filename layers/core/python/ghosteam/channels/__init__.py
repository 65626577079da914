"""Where messages to people go: one file a channel."""
