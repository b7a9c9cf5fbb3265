"""The v4 API as a client: credentials, accounts, errors, networks, `whoami` and `api`."""

import contextlib
import http.server
import json
import re
import ssl
import threading
from pathlib import Path

import pytest
from dev_process import ROOT, free_port
from recorded_api import ACCOUNT, DIFFERENCES, RECORDINGS, RecordedApi

ANSWER = {"success": True, "errors": [], "messages": [], "result": {"ok": True}}


@contextlib.contextmanager
def answering(answers, certificate=None):
    """A server that gives ``answers`` (status, body, headers) in turn, the last one for ever."""
    seen = []
    remaining = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.command, self.path, dict(self.headers), body))
            status, content, headers = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_):
            """Tests look at requests, not at a log."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{scheme}://localhost:{server.server_port}/client/v4", seen
    finally:
        server.shutdown()
        server.server_close()


def settings(url, **more):
    return {"CLOUDFLARE_API_BASE_URL": url, "CLOUDFLARE_API_TOKEN": "s3cret-token", **more}


@pytest.mark.parametrize("case, arguments", [("whoami", []), ("whoami-json", ["--json"])])
def test_whoami_asks_as_recorded(cwrangler, tmp_path, case, arguments):
    with RecordedApi(case, ("order-of-identity",)) as api:
        done = cwrangler("whoami", *arguments, cwd=tmp_path, env=api.environment)
    assert done.returncode == 0, done.stderr
    api.check()
    if arguments:
        assert json.loads(done.stdout) == {
            "loggedIn": True,
            "authType": "User API Token",
            "email": "user@example.com",
            "accounts": [{"id": ACCOUNT, "name": "Test Account"}],
        }
    else:
        assert "associated with the email user@example.com" in done.stdout
        assert f"│ Test Account │ {ACCOUNT} │" in done.stdout


def test_whoami_with_a_token_that_is_refused(cwrangler, tmp_path):
    with RecordedApi("err-auth-whoami", ("no-identity-after-refusal",)) as api:
        done = cwrangler("whoami", cwd=tmp_path, env=api.environment)
    assert done.returncode == 1
    assert "Authentication error [code: 10000]" in done.stderr
    assert "token-of-the-test" not in done.stdout + done.stderr
    api.check()


def test_commands_with_local_data_say_so_where_there_is_no_token(cwrangler, tmp_path):
    for arguments in (["d1", "list"], ["d1", "execute", "DB", "--remote", "--command", "SELECT 1"],
                      ["d1", "migrations", "list", "DB", "--remote"], ["kv", "namespace", "list"],
                      ["kv", "key", "get", "k", "--namespace-id", "n", "--remote"],
                      ["r2", "bucket", "list"], ["r2", "object", "get", "bucket/key", "--remote"]):
        done = cwrangler(*arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert "With --local the command works on this machine's data" in done.stderr, arguments
        assert "CLOUDFLARE_API_TOKEN" in done.stderr
    assert "--local" not in cwrangler("queues", "list", cwd=tmp_path).stderr


def test_the_differences_are_those_of_the_page():
    page = (ROOT / "docs" / "requests.md").read_text()
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.M) == list(DIFFERENCES)


def test_every_recording_is_played_back():
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    left_out = [file.stem for file in RECORDINGS.glob("*.json") if f'"{file.stem}"' not in tests]
    assert not left_out


def test_without_credentials_nothing_is_sent(cwrangler, tmp_path):
    done = cwrangler("api", "GET", "/user", cwd=tmp_path)
    assert done.returncode == 1
    assert "CLOUDFLARE_API_TOKEN" in done.stderr
    done = cwrangler("whoami", "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == {"loggedIn": False}
    assert done.returncode == 1


def test_credentials_may_stand_in_dotenv(cwrangler, tmp_path):
    with answering([(200, ANSWER, {})]) as (url, seen):
        (tmp_path / ".env").write_text(f"CLOUDFLARE_API_TOKEN=from-the-file\nCLOUDFLARE_API_BASE_URL={url}\n")
        assert cwrangler("api", "GET", "/user", cwd=tmp_path).returncode == 0
    assert seen[0][2]["Authorization"] == "Bearer from-the-file"


def test_the_account_is_the_only_one_or_the_one_named(cwrangler, tmp_path):
    def accounts(*ids):
        listed = [{"id": each, "name": each.upper()} for each in ids]
        return (200, {**ANSWER, "result": listed}, {})

    path = "/accounts/{account_id}/workers/scripts"
    with answering([accounts("a1"), accounts(), (200, ANSWER, {})]) as (url, seen):
        assert cwrangler("api", "GET", path, cwd=tmp_path, env=settings(url)).returncode == 0
        assert seen[-1][1] == "/client/v4/accounts/a1/workers/scripts"
    with answering([accounts("a1", "b2"), accounts()]) as (url, _):
        done = cwrangler("api", "GET", path, cwd=tmp_path, env=settings(url))
        assert done.returncode == 1
        assert "More than one account available" in done.stderr
        assert "`A1`: `a1`" in done.stderr and "`B2`: `b2`" in done.stderr
        assert "CLOUDFLARE_ACCOUNT_ID" in done.stderr
    with answering([(200, ANSWER, {})]) as (url, seen):
        (tmp_path / "wrangler.toml").write_text('name = "w"\naccount_id = "conf"\n')
        assert cwrangler("api", "GET", path, cwd=tmp_path, env=settings(url)).returncode == 0
        assert cwrangler("api", "GET", path, cwd=tmp_path,
                         env=settings(url, CLOUDFLARE_ACCOUNT_ID="env")).returncode == 0
        assert [request[1] for request in seen] == [
            "/client/v4/accounts/conf/workers/scripts", "/client/v4/accounts/env/workers/scripts"]


def test_api_sends_fields_as_query_or_body(cwrangler, tmp_path):
    (tmp_path / "note.txt").write_text("of a file")
    with answering([(200, ANSWER, {})]) as (url, seen):
        environment = settings(url)
        done = cwrangler("api", "GET", "zones", "-f", "name=a b", cwd=tmp_path, env=environment)
        assert json.loads(done.stdout) == {"ok": True}
        cwrangler("api", "post", "/x", "-f", "n=1", "-F", "m=1", "-F", "t=@note.txt", "-H", "X-A: b",
                  cwd=tmp_path, env=environment)
    assert seen[0][1] == "/client/v4/zones?name=a%20b"
    assert json.loads(seen[1][3]) == {"n": "1", "m": 1, "t": "of a file"}
    assert seen[1][2]["X-A"] == "b" and seen[1][2]["Content-Type"] == "application/json"


def test_api_reads_all_pages(cwrangler, tmp_path):
    def page(number):
        info = {"page": number, "per_page": 2, "count": 2, "total_count": 4}
        return (200, {**ANSWER, "result": [number, number], "result_info": info}, {})

    with answering([page(1), page(2)]) as (url, _):
        done = cwrangler("api", "GET", "/list", "--paginate", cwd=tmp_path, env=settings(url))
    assert json.loads(done.stdout) == [1, 1, 2, 2]


def test_an_error_has_the_servers_words_and_a_way_on(cwrangler, tmp_path):
    refusal = {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}
    with answering([(403, refusal, {})]) as (url, _):
        done = cwrangler("api", "GET", "/user", cwd=tmp_path, env=settings(url))
    assert done.returncode == 1
    assert "A request to the Cloudflare API (/user) failed." in done.stderr
    assert "Authentication error [code: 10000]" in done.stderr
    assert "cwrangler whoami" in done.stderr
    with answering([(418, b"<html>\x1b[31mteapot", {"CF-Ray": "ray-1"})]) as (url, _):
        done = cwrangler("api", "GET", "/user", cwd=tmp_path, env=settings(url))
    assert "Received a malformed response from the API" in done.stderr
    assert "GET /user -> 418" in done.stderr and "ray-1" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_busy_server_is_asked_again(cwrangler, tmp_path):
    busy = (429, {"success": False, "errors": []}, {"Retry-After": "0"})
    broken = (503, b"later", {"Retry-After": "0"})
    with answering([busy, broken, (200, ANSWER, {})]) as (url, seen):
        assert cwrangler("api", "PUT", "/x", cwd=tmp_path, env=settings(url)).returncode == 0
        assert len(seen) == 3


def test_no_secret_is_shown(cwrangler, tmp_path):
    with answering([(200, ANSWER, {})]) as (url, _):
        done = cwrangler("api", "POST", "/x", "-f", "text=body-secret", cwd=tmp_path,
                         env=settings(url, WRANGLER_LOG="debug", WRANGLER_LOG_PATH=str(tmp_path / "a.log")))
    everything = done.stdout + done.stderr + (tmp_path / "a.log").read_text()
    assert "POST /x" in everything
    assert "s3cret-token" not in everything and "body-secret" not in everything


def test_nobody_there(cwrangler, tmp_path):
    url = f"http://127.0.0.1:{free_port()}/client/v4"
    done = cwrangler("api", "POST", "/x", cwd=tmp_path, env=settings(url))
    assert done.returncode == 1
    assert "asking " + url in done.stderr and "HTTPS_PROXY" in done.stderr


def test_proxies(cwrangler, tmp_path):
    with answering([(200, ANSWER, {})]) as (proxy, seen):
        origin = proxy.removesuffix("/client/v4")
        environment = settings("http://api.example/client/v4", HTTP_PROXY=origin)
        assert cwrangler("api", "GET", "/x", cwd=tmp_path, env=environment).returncode == 0
        assert seen[0][1] == "http://api.example/client/v4/x"
    with answering([(200, ANSWER, {})]) as (url, seen):
        environment = settings(url, HTTP_PROXY=f"http://127.0.0.1:{free_port()}", NO_PROXY="localhost")
        assert cwrangler("api", "GET", "/x", cwd=tmp_path, env=environment).returncode == 0
        assert seen[0][1] == "/client/v4/x"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
def test_authorities(cwrangler, tmp_path, certificate, variable):
    with answering([(200, ANSWER, {})], certificate) as (url, _):
        unknown = cwrangler("api", "GET", "/x", cwd=tmp_path, env=settings(url))
        assert unknown.returncode == 1 and "NODE_EXTRA_CA_CERTS" in unknown.stderr
        known = cwrangler("api", "GET", "/x", cwd=tmp_path,
                          env=settings(url, **{variable: str(certificate.certificate)}))
        assert known.returncode == 0, known.stderr
