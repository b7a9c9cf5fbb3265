"""Where some of the failures come from."""


class OwnError(Exception):
    pass


def fail(text):
    raise LookupError(text)
