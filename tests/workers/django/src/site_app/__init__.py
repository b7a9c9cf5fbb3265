"""The one application of the project, which is its own settings and addresses."""
