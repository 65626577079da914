"""What alarms, events and steps tell people, which channel is told of it, and when."""
