"""Workers AI of the Worker ``tests/workers/ai``, with a stand-in for the servers that have models."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator

import pytest

from dev_process import Session

CHAT = {
    "choices": [{"message": {"role": "assistant", "content": "Hello!"}}],
    "usage": {"total_tokens": 3},
}
OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "Hello!"}]}]
EVENTS = (
    'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n'
    'data: {"choices": [{"delta": {"content": "lo!"}}]}\n\ndata: [DONE]\n\n'
)


class Models(http.server.ThreadingHTTPServer):
    """Answers for the v4 API's ``ai/run`` and for OpenAI's API; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str | None, dict]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Models

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers.get("Authorization"), body))
        status, type_, answer = self._answer(body)
        self.send_response(status)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _answer(self, body: dict) -> tuple[int, str, bytes]:
        if body.get("stream"):
            return 200, "text/event-stream", EVENTS.encode()
        if self.path.endswith("/nope"):
            errors = [{"code": 5007, "message": "No such model @cf/nope"}]
            return 400, "application/json", json.dumps({"errors": errors}).encode()
        if self.path.endswith("/picture"):
            return 200, "image/png", b"\x89PNG"
        answers = {
            "/v1/chat/completions": CHAT,
            "/v1/embeddings": {"data": [{"embedding": [0.5, 1]}, {"embedding": [2, 3]}]},
            "/v1/responses": {"output": OUTPUT},
        }
        answer = answers.get(self.path, {"success": True, "result": {"response": "Hi", **body}})
        return 200, "application/json", json.dumps(answer).encode()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def models() -> Iterator[Models]:
    with Models() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run(session: Session, model: str, **inputs: object):
    return session.get("/", method="POST",
                       body=json.dumps({"model": model, "inputs": inputs}).encode())


NO_ACCOUNT = {"CLOUDFLARE_API_TOKEN": "", "CLOUDFLARE_ACCOUNT_ID": "", "CLOUDFLARE_API_BASE_URL": ""}


def test_the_accounts_models(models, project, dev) -> None:
    env = {"CLOUDFLARE_API_TOKEN": "secret-token", "CLOUDFLARE_ACCOUNT_ID": "account",
           "CLOUDFLARE_API_BASE_URL": f"{models.url}/client/v4"}
    with dev(project("ai"), env=env) as session:
        answer = json.loads(run(session, "@cf/meta/llama", prompt="Say hi").text)
        assert answer == {"type": "JsDict", "result": {"response": "Hi", "prompt": "Say hi"}} or (
            answer["result"] == {"response": "Hi", "prompt": "Say hi"})
        assert models.requests[-1] == (
            "/client/v4/accounts/account/ai/run/@cf/meta/llama", "Bearer secret-token",
            {"prompt": "Say hi"})
        assert run(session, "@cf/meta/llama", prompt="x", stream=True).text == EVENTS
        failed = run(session, "@cf/nope", prompt="x")
        assert "InferenceUpstreamError: 5007: No such model @cf/nope" in failed.text
        assert re.search(r"^env\.AI +AI +remote$", session.output, re.MULTILINE)
        assert "secret-token" not in session.output


def test_models_behind_openais_api(models, project, dev) -> None:
    directory = project("ai")
    config = directory / "wrangler.jsonc"
    config.write_text(config.read_text().replace(
        '"binding": "AI"',
        f'"binding": "AI", "openai_url": "{models.url}/v1", "openai_model": "small"'))
    with dev(directory, env={**NO_ACCOUNT, "OPENAI_API_KEY": "key"}) as session:

        def result(**inputs: object) -> dict:
            return json.loads(run(session, "@cf/meta/llama", **inputs).text)["result"]

        assert result(prompt="Say hi")["response"] == "Hello!"
        assert models.requests[-1] == (
            "/v1/chat/completions", "Bearer key",
            {"messages": [{"role": "user", "content": "Say hi"}], "model": "small"})
        messages = [{"role": "user", "content": "x"}]
        assert result(messages=messages, max_tokens=5)["usage"] == {"total_tokens": 3}
        assert models.requests[-1][2]["max_tokens"] == 5
        assert result(text=["a", "b"]) == {"shape": [2, 2], "data": [[0.5, 1], [2, 3]]}
        assert result(instructions="Be brief.", input="x")["output"] == OUTPUT
        stream = run(session, "@cf/meta/llama", prompt="x", stream=True).text
        events = [line.removeprefix("data: ") for line in stream.splitlines() if line]
        assert [json.loads(event)["response"] for event in events[:-1]] == ["Hel", "lo!"]
        assert events[-1] == "[DONE]"
        assert re.search(r"^env\.AI +AI +local$", session.output, re.MULTILINE)


def test_without_models(project, dev) -> None:
    with dev(project("ai"), env=NO_ACCOUNT) as session:
        failed = run(session, "@cf/meta/llama", prompt="x")
        assert failed.status == 502
        assert "CLOUDFLARE_API_TOKEN" in failed.text and "openai_url" in failed.text
