"""The budgets, measured: `python -m bench` writes bench.json."""
