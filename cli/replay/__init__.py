"""A problem's history replayed under several policies of retraining, on this machine."""
