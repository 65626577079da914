"""The embedded AWS account: what starts it, stops it and makes it behave as AWS does where the
emulator does not.
"""
