"""Monkey test: random hands at the real window, which must neither break nor say what is not so.

A simulated instrument in the same process tells the truth of its output, which the window is not asked for. Clicks,
keys, wheel, drags, sizes, docks and layouts are drawn from a seed.
"""
