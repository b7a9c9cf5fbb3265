"""A real browser without a window: Chromium's headless shell, driven by the DevTools protocol over pipes.

https://chromedevtools.github.io/devtools-protocol/ ; with ``--remote-debugging-pipe`` each message is JSON
ended by a zero byte, read from descriptor 3 and written to 4.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")


class Page:
    """One tab."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")

    def call(self, method: str, **parameters: object) -> dict:
        """The result of a command; events that come meanwhile are dropped."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._last:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def wait_for_load(self) -> None:
        """Until the next document has been loaded, which must not have begun before this is called."""
        while self._receive().get("method") != "Page.loadEventFired":
            pass

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for_load()

    def evaluate(self, expression: str) -> object:
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def screenshot(self, file: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shot["data"]))

    def _receive(self) -> dict:
        while b"\0" not in self._buffer:
            data = os.read(self._answers, 1 << 16)
            assert data, "the browser has ended"
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)


@contextlib.contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """A page of a browser of its own, which keeps its files in ``profile``."""
    assert CHROMIUM
    their_input, commands = os.pipe()
    answers, their_output = os.pipe()
    # Descriptors 3 and 4, whatever numbers the pipes have; --no-sandbox: root has none.
    launch = 'exec 3<&"$0" 4>&"$1"; shift; exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", launch, str(their_input), str(their_output), CHROMIUM, "--headless",
         "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}",
         "--window-size=1000,900", "--hide-scrollbars", "about:blank"],
        pass_fds=[their_input, their_output], stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile), "no_proxy": "*"},
    )
    os.close(their_input)
    os.close(their_output)
    try:
        yield Page(commands, answers)
    finally:
        os.close(commands)
        os.close(answers)
        process.terminate()
        process.wait(timeout=30)
