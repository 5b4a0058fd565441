"""Two rules and a type that nobody but the reference validator knows, on every engine.

They are what a contributor writes first: entries in the tables of `reelhouse.contract`, and nothing
for any engine. `judge.py` is a process that has them, and so have the Python workers of Spark.
"""
