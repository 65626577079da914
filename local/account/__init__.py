"""What runs inside the emulator's own environment: ministack plus the seams that it lacks.

Each module here attaches one behaviour by replacing a private name of ministack, never by editing a
file of it. A seam is asserted before it is used (`seams.require`), so another ministack version
stops at start-up with the missing name instead of behaving differently in silence.
"""
