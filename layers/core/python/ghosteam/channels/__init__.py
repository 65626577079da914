"""How people are told: what an alert says, and one file a channel."""
