"""Tests, their builders and events."""
