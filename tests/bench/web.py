"""What pieces of the web platform cost in a Worker's global scope, beside Node's, in interleaved rounds of
one run. `wpt-shell` of the build has the global scope, from the same startup snapshot as the runtime."""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import BUILD

PEERS = Path(__file__).resolve().parent / "peers"
CONTEXT = "a restored context, all of it"


@dataclass
class Piece:
    """What one call takes. All but `CONTEXT` have a peer."""

    name: str
    microseconds: float
    node_microseconds: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.microseconds / self.node_microseconds if self.node_microseconds else None


# Ratios to Node that are aimed at; CONTEXT's is in milliseconds.
AIMS = {
    "new Request + new Response": 0.5,
    "pipeThrough, 64 KiB": 1,
    "gzip, 1 MiB": 1,
    "TextDecoder, 64 KiB of ASCII": 1.5,
    "TextDecoder, 64 KiB of mixed text": 1.5,
    "new URL": 3,
    "new URL, searchParams": 3,
    "Headers: five, one got, one set, read": 3,
    CONTEXT: 2.5,
}
# What else is measured.
OTHERS = ("pipeTo, 64 KiB", "Blob.text, 64 KiB", "EventTarget, one event", "structuredClone")


def node_version() -> str:
    return output("node", "--version").strip()


#: Seconds that one round of all pieces may take.
PATIENCE = 120


def pieces(rounds: int) -> list[Piece]:
    """Medians of the rounds, in each of which each program runs once."""
    ours: list[dict[str, float]] = []
    node: list[dict[str, float]] = []
    contexts: list[float] = []
    for _ in range(rounds):
        ours.append(json.loads(output(str(BUILD / "bin" / "wpt-shell"), str(PATIENCE), str(PEERS),
                                       str(PEERS / "timing.js"), str(PEERS / "web_operations.js"))))
        node.append(json.loads(output("node", str(PEERS / "web_node.cjs"), "web_operations.js")))
        contexts.append(float(output(str(BUILD / "bin" / "context-bench"))) * 1000)
    found = [
        Piece(name, statistics.median(one[name] for one in ours),
              statistics.median(one[name] for one in node))
        for name in ours[0]
    ]
    return [*found, Piece(CONTEXT, statistics.median(contexts))]


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def line(piece: Piece) -> str:
    aim = AIMS.get(piece.name)
    if piece.ratio is None:
        shown = ["", "", f"≤ {aim} ms"]
    else:
        shown = [f"{piece.node_microseconds:.2f}", f"{piece.ratio:.2f}×", f"≤ {aim}×" if aim else ""]
    return "| " + " | ".join([piece.name, f"{piece.microseconds:.2f}", *shown]) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    options = parser.parse_args()
    found = pieces(options.rounds)
    print(f"| one call | here, µs | Node {node_version()}, µs | ratio | aim |\n|---|---|---|---|---|")
    print("\n".join(line(piece) for piece in found))
    if options.json:
        rows = [{"name": piece.name, "us": piece.microseconds, "node_us": piece.node_microseconds,
                 "ratio": piece.ratio, "aim": AIMS.get(piece.name)} for piece in found]
        options.json.write_text(json.dumps({"node": node_version(), "rows": rows}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
