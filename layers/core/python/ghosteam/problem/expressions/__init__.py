"""Expressions of one row's values, in SQL: read, typed and computed without a library of tables, by
the same code wherever rows are.
"""
