"""What is kept of a sample: counts in cells that a reference's sample lays out, so that samples of
one layout are added, taken from one another, stacked along a first axis, and written as JSON.
"""
