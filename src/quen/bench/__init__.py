"""Benchmarks: `quen bench [NAME…]`. Each module here with a `run(options) -> Result` is one, named after its file.

Machines differ and other programs run on them: compare the ratios of one run, not figures of two.
"""
