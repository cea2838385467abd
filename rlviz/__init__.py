"""Watch reinforcement-learning algorithms learn, with the exact truth beside every estimate."""

__version__ = "0.1.0"
