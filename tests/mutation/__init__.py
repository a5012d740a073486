"""Whether the worked cases notice every change: of a figure in a pack, of a comparison in a formula 变异检验.

``python -m tests.mutation --write`` changes one thing at a time, works the cases that rest on it, and writes what no
case noticed to ``docs/mutations.md``.
"""
