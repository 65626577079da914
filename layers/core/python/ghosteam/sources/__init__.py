"""Rows that are fetched or streamed instead of dropped: they land as files, and from there go the
way of every file.
"""
