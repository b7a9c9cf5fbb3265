"""`login`, `logout`, and what becomes of a login: against a server of OAuth 2 on this machine."""

import base64
import contextlib
import hashlib
import http.server
import json
import re
import ssl
import stat
import subprocess
import threading
import tomllib
import urllib.error
import urllib.parse
import urllib.request

import pytest
from dev_process import CWRANGLER, free_port, own_cache

IDENTITY = {"id": "user", "email": "user@example.com"}


class OAuthServer:
    """Gives tokens as RFC 6749 and 7636 say, each refresh token for one use; and is the API they are for."""

    def __init__(self, certificate=None):
        self.devices = []
        self.device_answer = {}  # of the codes, what differs from a good one
        self.decision = (400, {"error": "authorization_pending"})  # what waiting devices are told; None: a token
        self.asked_for_decision = threading.Event()
        self.grants = []
        self.revoked = []
        self.challenges = {}
        self.good = set()
        self.refreshable = set()
        self.serial = 0
        self.lock = threading.Lock()
        oauth = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(urllib.parse.parse_qsl(body))
                with oauth.lock:
                    take = {"token": oauth.token, "auth": oauth.device, "revoke": oauth.revoke}
                    status, answer = take[self.path.rpartition("/")[2]](fields)
                self.answer(status, answer)

            def do_GET(self):
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                ok = token in oauth.good
                result = IDENTITY if self.path.endswith("/user") else []
                errors = [] if ok else [{"code": 10000, "message": "Authentication error"}]
                self.answer(200 if ok else 403, {"success": ok, "errors": errors, "result": result})

            def answer(self, status, content):
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                """Tests look at requests, not at a log."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://localhost:{self.server.server_port}"

    @property
    def environment(self):
        return {
            "WRANGLER_AUTH_URL": self.url + "/auth",
            "WRANGLER_TOKEN_URL": self.url + "/token",
            "WRANGLER_REVOKE_URL": self.url + "/revoke",
            "CLOUDFLARE_API_BASE_URL": self.url + "/client/v4",
        }

    def consent(self, page):
        """What the page of the server would do after a click: a code for the challenge in its address."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page).query))
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return asked, code

    def token(self, fields):
        self.grants.append(fields)
        if fields["grant_type"] == "authorization_code":
            digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if self.challenges.pop(fields["code"], None) != challenge:
                return 400, {"error": "invalid_grant", "error_description": "wrong verifier"}
        elif fields["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code":
            decision = self.decision
            self.asked_for_decision.set()
            if fields["device_code"] != "device-secret":
                return 400, {"error": "invalid_grant"}
            if decision:
                return decision
        elif fields["refresh_token"] not in self.refreshable:
            return 400, {"error": "invalid_grant", "error_description": "used before"}
        else:
            self.refreshable.remove(fields["refresh_token"])
        self.serial += 1
        access, refresh = f"access-secret-{self.serial}", f"refresh-secret-{self.serial}"
        self.good.add(access)
        self.refreshable.add(refresh)
        return 200, {"access_token": access, "refresh_token": refresh, "expires_in": 3600,
                     "scope": "account:read user:read offline_access", "token_type": "bearer"}

    def device(self, fields):
        self.devices.append(fields)
        return 200, {"device_code": "device-secret", "user_code": "WDJB-MJHT", "verification_uri": self.url + "/device",
                     "expires_in": 300, **self.device_answer}

    def revoke(self, fields):
        self.revoked.append(fields)
        return 200, {}

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def oauth():
    with OAuthServer() as server:
        yield server


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(oauth, home, scratch_environment):
    given = {**own_cache(scratch_environment), **oauth.environment, "HOME": str(home)}
    for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "XDG_CONFIG_HOME", "BROWSER", "DISPLAY"):
        given.pop(name, None)
    return given


def login_of(home):
    return home / ".config" / ".wrangler" / "config" / "default.toml"


def write_login(home, access, refresh, ends):
    file = login_of(home)
    file.parent.mkdir(parents=True)
    # As wrangler writes it.
    file.write_text(f'oauth_token = "{access}"\nexpiration_time = "{ends}"\nrefresh_token = "{refresh}"\n'
                    'scopes = [ "account:read", "offline_access" ]\n')
    return file


@contextlib.contextmanager
def logging_in(environment, cwd, *arguments):
    """`login` up to where it waits for the browser: ``(process, port, address of the page, what it said)``."""
    port = free_port()
    process = subprocess.Popen(
        [CWRANGLER, "login", "--browser=false", f"--callback-port={port}", *arguments],
        cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"Visit this link to authenticate: (\S+)", line):
                yield process, port, found[1], said
                break
        else:
            raise AssertionError(said + process.stderr.read())
    finally:
        process.kill()
        process.communicate()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def come_back(port, path="/oauth/callback", **query):
    """The browser's request: status, where it is sent on to, and the page."""
    opener = urllib.request.build_opener(NoRedirects, urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://localhost:{port}{path}?{urllib.parse.urlencode(query)}", timeout=60) as answer:
            return answer.status, None, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Location"], error.read().decode()


def test_a_login_is_made_used_and_ended(cwrangler, environment, oauth, home, tmp_path):
    with logging_in(environment, tmp_path) as (process, port, page, said):
        asked, code = oauth.consent(page)
        assert asked["redirect_uri"] == "http://localhost:8976/oauth/callback"
        assert asked["client_id"] == "54d11594-84e4-41aa-b438-e81b8fa78ee7"
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        assert {"account:read", "workers_scripts:write", "offline_access"} <= set(asked["scope"].split(" "))
        assert f"listening on localhost:{port}" in said
        # What is not the answer to this login changes nothing.
        assert come_back(port, "/favicon.ico")[0] == 404
        assert come_back(port, code=code, state="of another")[0] == 400
        assert come_back(port, error="access_denied", state="of another")[0] == 400
        status, location, _ = come_back(port, code=code, state=asked["state"])
        assert status == 307 and location.endswith("/wrangler-oauth-consent-granted")
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "Successfully logged in." in out
    assert oauth.grants[0]["redirect_uri"] == asked["redirect_uri"]
    file = login_of(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = tomllib.loads(file.read_text())
    assert kept["oauth_token"] == "access-secret-1" and kept["refresh_token"] == "refresh-secret-1"
    assert kept["scopes"] == ["account:read", "user:read", "offline_access"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", kept["expiration_time"])

    who = cwrangler("whoami", cwd=tmp_path, env=environment)
    assert who.returncode == 0, who.stderr
    assert "OAuth Token, associated with the email user@example.com" in who.stdout
    assert "- account:read" in who.stdout
    assert "secret" not in who.stdout + who.stderr

    done = cwrangler("logout", cwd=tmp_path, env=environment)
    assert "Successfully logged out." in done.stdout, done.stderr
    assert oauth.revoked[0]["token"] == "refresh-secret-1"
    assert oauth.revoked[0]["token_type_hint"] == "refresh_token"
    assert not file.exists()
    assert "Not logged in" in cwrangler("logout", cwd=tmp_path, env=environment).stdout


def test_a_refusal_is_said_here_and_in_the_browser(environment, oauth, home, tmp_path):
    with logging_in(environment, tmp_path) as (process, port, page, _):
        asked, _ = oauth.consent(page)
        status, location, _ = come_back(port, error="access_denied", state=asked["state"])
        assert status == 307 and location.endswith("/wrangler-oauth-consent-denied")
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "Consent denied" in err
    with logging_in(environment, tmp_path) as (process, port, page, _):
        asked, _ = oauth.consent(page)
        status, _, text = come_back(port, error="invalid_scope", error_description="<b>no</b>", state=asked["state"])
        assert status == 400 and "&lt;b&gt;no&lt;/b&gt; (invalid_scope)" in text
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "invalid_scope" in err
    with logging_in(environment, tmp_path) as (process, port, page, _):
        asked, _ = oauth.consent(page)
        status, _, text = come_back(port, code="a-code-of-nobody", state=asked["state"])
        assert status == 400 and "wrong verifier" in text
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "wrong verifier (invalid_grant)" in err
        assert "a-code-of-nobody" not in err
    assert not login_of(home).exists()


def test_some_scopes_and_no_others(cwrangler, environment, oauth, tmp_path):
    with logging_in(environment, tmp_path, "--scopes", "user:read", "d1:write") as (_, _, page, _):
        assert oauth.consent(page)[0]["scope"] == "user:read d1:write offline_access"
    wrong = cwrangler("login", "--scopes", "everything", cwd=tmp_path, env=environment)
    assert wrong.returncode == 2 and "everything" in wrong.stderr and "--scopes-list" in wrong.stderr
    listed = cwrangler("login", "--scopes-list", cwd=tmp_path, env=environment)
    assert "workers_tail:read" in listed.stdout


def test_a_token_of_the_environment_is_login_enough(cwrangler, environment, tmp_path):
    given = {**environment, "CLOUDFLARE_API_TOKEN": "t"}
    done = cwrangler("login", cwd=tmp_path, env=given)
    assert done.returncode == 1 and "logged in with an API Token" in done.stderr
    assert "logged in with an API Token" in cwrangler("logout", cwd=tmp_path, env=given).stdout


def test_a_login_that_has_ended_is_renewed_once(environment, oauth, home, tmp_path):
    oauth.refreshable.add("refresh-of-wrangler")
    file = write_login(home, "access-old", "refresh-of-wrangler", "2020-01-01T00:00:00.000Z")
    log = tmp_path / "debug.log"
    given = {**environment, "WRANGLER_LOG": "debug", "WRANGLER_LOG_PATH": str(log)}
    running = [
        subprocess.Popen([CWRANGLER, "whoami"], cwd=tmp_path, env=given, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert all(process.returncode == 0 for process in running), said
    assert [grant["grant_type"] for grant in oauth.grants] == ["refresh_token"]
    assert oauth.grants[0]["client_id"] == "54d11594-84e4-41aa-b438-e81b8fa78ee7"
    assert tomllib.loads(file.read_text())["refresh_token"] == "refresh-secret-1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    everything = "".join(out + err for out, err in said) + log.read_text()
    assert "secret" not in everything and "refresh-of-wrangler" not in everything


def test_a_login_that_cannot_be_renewed_says_so(cwrangler, environment, oauth, home, tmp_path):
    file = write_login(home, "access-old", "refresh-stolen", "2020-01-01T00:00:00.000Z")
    before = file.read_text()
    done = cwrangler("whoami", cwd=tmp_path, env=environment)
    assert done.returncode == 1
    assert "The login has ended: used before (invalid_grant)" in done.stderr
    assert "cwrangler login" in done.stderr
    assert "refresh-stolen" not in done.stderr
    assert file.read_text() == before
    file.write_text('oauth_token = "access-old" oops "refresh-stolen"\n')
    done = cwrangler("whoami", cwd=tmp_path, env=environment)
    assert done.returncode == 1 and "no TOML" in done.stderr
    assert "access-old" not in done.stderr and "refresh-stolen" not in done.stderr


def test_a_port_that_is_taken(cwrangler, environment, oauth, tmp_path):
    taken = oauth.server.server_port
    done = cwrangler("login", "--browser=false", "--callback-host=127.0.0.1", f"--callback-port={taken}",
                     cwd=tmp_path, env=environment)
    assert done.returncode == 1 and "--callback-port" in done.stderr


@pytest.fixture
def far_away(certificate, home, scratch_environment):
    """A server of logins at the addresses that only its domain stands for, and the environment for it."""
    with OAuthServer(certificate) as server:
        given = {**own_cache(scratch_environment), "HOME": str(home), "NODE_EXTRA_CA_CERTS": str(certificate.certificate),
                 "WRANGLER_AUTH_DOMAIN": server.url.removeprefix("https://"),
                 "CLOUDFLARE_API_BASE_URL": server.url + "/client/v4"}
        for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "XDG_CONFIG_HOME", "BROWSER", "DISPLAY"):
            given.pop(name, None)
        server.environment_of_device = given
        yield server


@contextlib.contextmanager
def device_logging_in(server, cwd):
    """`login --device` up to where the code is shown and the server has been asked for a decision."""
    process = subprocess.Popen(
        [CWRANGLER, "login", "--device"], cwd=cwd, env=server.environment_of_device, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        for line in process.stdout:
            said += line
            if "to approve this request" in line:
                break
        else:
            raise AssertionError(said + process.stderr.read())
        assert server.asked_for_decision.wait(60)
        yield process, said
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("meanwhile", [(400, {"error": "authorization_pending"}), (502, "<html>Bad Gateway</html>"),
                                       (429, {})])
def test_a_login_by_another_device(far_away, cwrangler, home, tmp_path, meanwhile):
    far_away.decision = meanwhile
    with device_logging_in(far_away, tmp_path) as (process, said):
        assert far_away.url + "/device\n" in said and "WDJB-MJHT" in said
        assert "device-secret" not in said
        far_away.decision = None
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Successfully logged in." in out
    assert far_away.devices[0]["client_id"] == "54d11594-84e4-41aa-b438-e81b8fa78ee7"
    assert {"account:read", "offline_access"} <= set(far_away.devices[0]["scope"].split(" "))
    assert stat.S_IMODE(login_of(home).stat().st_mode) == 0o600
    who = cwrangler("whoami", cwd=tmp_path, env=far_away.environment_of_device)
    assert "user@example.com" in who.stdout, who.stderr


@pytest.mark.parametrize("decision, said", [
    ((400, {"error": "access_denied"}), "Consent denied"),
    ((400, {"error": "expired_token"}), "Device code expired"),
    ((400, {"error": "unauthorized_client", "error_description": "not for devices"}), "not for devices"),
    ((403, "<html>no</html>"), "status 403"),
])
def test_a_device_that_is_refused(far_away, home, tmp_path, decision, said):
    far_away.decision = decision
    with device_logging_in(far_away, tmp_path) as (process, _):
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said in err and "device-secret" not in out + err
    assert not login_of(home).exists()


@pytest.mark.parametrize("answer, said", [
    ({"verification_uri": "https://evil.example/device"}, "a page that is not its own: https://evil.example/device"),
    ({"verification_uri_complete": "file:///etc/passwd"}, "a page that is not its own: file:///etc/passwd"),
    ({"user_code": 5}, "has given no code"),
    ({"error": "invalid_scope", "error_description": "unknown scope"}, "unknown scope"),
])
def test_codes_are_shown_for_the_servers_own_pages_only(far_away, cwrangler, tmp_path, answer, said):
    far_away.device_answer = answer
    done = cwrangler("login", "--device", cwd=tmp_path, env=far_away.environment_of_device)
    assert done.returncode == 1 and said in done.stderr
    assert "WDJB-MJHT" not in done.stdout + done.stderr and not far_away.grants


def test_a_device_waits_for_no_browser(cwrangler, environment, tmp_path):
    done = cwrangler("login", "--device", "--callback-port", "9000", cwd=tmp_path, env=environment)
    assert done.returncode == 2 and "--device" in done.stderr
