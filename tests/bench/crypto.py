"""What crypto.subtle costs, beside what OpenSSL itself does and beside Node's, in interleaved rounds of one run.
`openssl speed` encrypts in place; crypto.subtle gives new memory each time. `wpt-shell` of the build has the
global scope, from the same startup snapshot as the runtime."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass

from web import PATIENCE, PEERS, output

from measure import BUILD

#: Name of a piece in peers/crypto_operations.js: OpenSSL's name for the algorithm, and bytes.
PIECES = {
    "SHA-256, 16 KiB": ("sha256", 16 * 1024),
    "SHA-256, 1 MiB": ("sha256", 1024 * 1024),
    "AES-GCM, 16 KiB": ("aes-256-gcm", 16 * 1024),
    "AES-GCM, 1 MiB": ("aes-256-gcm", 1024 * 1024),
}
#: What the large ones may take, of OpenSSL's time.
AIM = 1.1


@dataclass
class Piece:
    name: str
    microseconds: float
    openssl_microseconds: float
    node_microseconds: float

    @property
    def ratio(self) -> float:
        """To OpenSSL."""
        return self.microseconds / self.openssl_microseconds


def openssl_microseconds(algorithm: str, size: int) -> float:
    """One operation on `size` bytes."""
    said = subprocess.run(
        ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(size), "-evp", algorithm],
        capture_output=True, text=True, check=True).stdout
    bytes_per_second = float(said.strip().splitlines()[-1].rpartition(":")[2])
    return size / bytes_per_second * 1e6


def pieces(rounds: int) -> list[Piece]:
    """Medians of the rounds, in each of which each program runs once."""
    ours: list[dict[str, float]] = []
    openssl: list[dict[str, float]] = []
    node: list[dict[str, float]] = []
    for _ in range(rounds):
        ours.append(json.loads(output(
            str(BUILD / "bin" / "wpt-shell"), str(PATIENCE), str(PEERS), str(PEERS / "timing.js"),
            str(PEERS / "crypto_operations.js"))))
        openssl.append({name: openssl_microseconds(*asked) for name, asked in PIECES.items()})
        node.append(json.loads(output(
            "node", str(PEERS / "web_node.cjs"), "crypto_operations.js")))
    return [Piece(name, *(statistics.median(one[name] for one in program)
                          for program in (ours, openssl, node))) for name in PIECES]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"| one call | here, µs | OpenSSL in place, µs | ratio (aim ≤ {AIM}× at 1 MiB) | Node, µs | ratio |\n"
          "|---|---|---|---|---|---|")
    for piece in pieces(options.rounds):
        print(f"| {piece.name} | {piece.microseconds:.1f} | {piece.openssl_microseconds:.1f} | {piece.ratio:.2f}× "
              f"| {piece.node_microseconds:.1f} | {piece.microseconds / piece.node_microseconds:.2f}× |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
