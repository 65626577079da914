"""The specification of one prediction problem: what a user writes in
``feature_repo/<problem>/``.
"""
