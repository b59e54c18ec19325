"""How fast it is: `python -m tests.bench` (or `make bench`). What the figures mean: docs/speed.md.

    measure.py    one command in a process of its own: CPU seconds, wall seconds, peak memory
    usual.py      the usual stack: what `tracker import` is held against
    library.py    a database of 100,000 records with a week of 500 events, by plain SQL
    issue.py      one issue of a digest over such a database, step by step
    __main__.py   the sections, in the order in which they are printed

Machines differ and are shared, so what counts is CPU time, and ratios within one run.
"""
