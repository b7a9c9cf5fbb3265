"""Of the shape that the SDK's patches of numpy know. numpy itself has no wheel that every release of the
runtime could load."""

from . import random  # noqa: F401
