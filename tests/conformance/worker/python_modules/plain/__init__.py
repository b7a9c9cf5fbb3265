from pathlib import Path

started = None


def start(by):
    global started
    started = by


def read():
    return (Path(__file__).parent / "data" / "file.txt").read_text()
