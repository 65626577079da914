"""Parts of the folder of seattle: outcomes in the rows of events, and in a data set apart."""

from __future__ import annotations

OWN = """
      tomorrow: {type: string, nullable: true}

exclude: [tomorrow]
"""
BY_ITSELF = """
  reports:
    role: labels
    of: days
    columns: {day: integer, tomorrow: "string?"}
"""
