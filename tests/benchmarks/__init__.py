"""Speed as ratios of one run: lpgreeks against what a careful user would write with numpy and scipy.

On request only: a plain ``pytest`` collects ``test_*.py``, and these files are named ``bench_*.py``. From the root::

    python -m pytest tests/benchmarks -o addopts="" -o python_files="bench_*.py" --benchmark-quiet -s

``addopts`` is emptied because the project's own switches pytest-benchmark off; ``-s`` shows the lines. Each is a
ratio of medians from runs that alternate, so that a busy machine slows both sides; the seconds beside it are those
of lpgreeks and are never asserted. What is asserted is that both sides computed the same. Without
``--benchmark-quiet`` pytest-benchmark adds its table, whose seconds are those of one round of both sides;
``--benchmark-json=FILE`` keeps the ratios under ``extra_info``.
"""
