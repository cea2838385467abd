"""Ground truth: what can be solved exactly, in numpy and float64, beside which estimates stand."""
