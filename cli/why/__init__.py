"""``ghosteam why``: how things came about, from documents alone.

A module composes the answer to one question, purely, from documents that :mod:`cli.why.read`
brings: about a problem, a run, a file, a prediction or an alarm.
"""
