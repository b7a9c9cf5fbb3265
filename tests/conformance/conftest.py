"""The fixture `worker`, for all tests of this folder."""

from conformance import worker  # noqa: F401  a fixture
