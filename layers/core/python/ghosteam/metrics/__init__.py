"""Metrics of outputs against outcomes: one file a metric, held against scikit-learn by tests."""
