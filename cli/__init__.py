"""The ``ghosteam`` command. It speaks AWS's APIs alone, so it serves the embedded account and AWS
alike.
"""
