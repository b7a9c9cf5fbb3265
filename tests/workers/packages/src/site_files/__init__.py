"""A package with a file beside its modules."""
