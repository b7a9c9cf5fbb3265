"""A program as a person at a terminal of some width sees it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from dev_process import CWRANGLER, PATIENCE, free_port


class Screen:
    """A terminal of some width with a command, `cwrangler dev` by default, in its foreground."""

    def __init__(self, directory, environment, columns=80, command=None):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        self.settings = termios.tcgetattr(self.theirs)
        self.output = ""  # since what was waited for
        self.transcript = ""  # from the beginning
        self.process = subprocess.Popen(
            command or [CWRANGLER, "dev", "--port", str(free_port())], cwd=directory, env=environment,
            stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, start_new_session=True,
            # The terminal becomes the session's own: its foreground is ours, as in a real one.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def wait_for(self, pattern):
        """Reads until the pattern is on the screen after what was waited for before."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.output, re.M)):
            rest = deadline - time.monotonic()
            ready, _, _ = select.select([self.ours], [], [], max(rest, 0))
            assert ready, f"nothing like {pattern!r} in:\n{self.output}"
            self._take(os.read(self.ours, 65536))
        self.output = self.output[found.end():]
        return found

    def _take(self, data):
        text = data.decode(errors="replace").replace("\r\n", "\n")
        self.output += text
        self.transcript += text

    def wait_for_end(self):
        """Reads until the command has ended and all that it wrote is read; its exit status."""
        while self.process.poll() is None or select.select([self.ours], [], [], 0)[0]:
            if select.select([self.ours], [], [], 0.05)[0]:
                self._take(os.read(self.ours, 65536))
        return self.process.returncode

    def press(self, keys):
        os.write(self.ours, keys.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)
