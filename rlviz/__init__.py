"""Watch reinforcement-learning algorithms learn, with the exact truth beside every estimate.

For a script: `rlviz.run` repeats or makes a run without a browser, with changes `rlviz.at` an
iteration, and gives its `rlviz.Result`.
"""

from rlviz.library import Change, Result, at, run

__version__ = "0.1.0"
__all__ = ["Change", "Result", "__version__", "at", "run"]
