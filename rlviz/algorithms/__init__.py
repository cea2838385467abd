"""One file for each algorithm: Config, State, init, iterate, SIGNALS, EQUATIONS, TRUTH."""
