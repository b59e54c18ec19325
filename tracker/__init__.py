"""tracker follows the regenerative treatment of hair loss: what was published, what moved in trials."""

__version__ = "0.1.0"
