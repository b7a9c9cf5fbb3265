"""What a Worker gives away and does not read: data points and messages; and which version it is."""

from __future__ import annotations

import email
import email.message
import email.policy
import json
import re
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

from dev_process import Session

STATE = Path(".wrangler") / "state" / "v3"


def answer(session: Session, path: str) -> object:
    found = session.get(path)
    assert found.status == 200, found.text
    return json.loads(found.text)


def messages(directory: Path, binding: str) -> list[email.message.EmailMessage]:
    files = sorted((directory / STATE / "email" / binding).glob("*.eml"))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTP) for file in files]


def test_version(project, dev) -> None:
    directory = project("outgoing_checks")
    with dev(directory) as session:
        id_, tag, timestamp = answer(session, "/py/version")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id_)
        assert tag == ""
        age = datetime.now(UTC) - datetime.fromisoformat(timestamp)
        assert 0 <= age.total_seconds() < 600
        assert answer(session, "/py/version") == [id_, tag, timestamp]


def test_data_points(project, dev) -> None:
    directory = project("outgoing_checks")
    with dev(directory) as session:
        assert answer(session, "/js/classes") == [
            "AnalyticsEngineDataset", "SendEmail", "EmailMessage"]
        refused = answer(session, "/js/points")
        assert session.get("/py/points").status == 200
    assert refused == [
        "", "", "", "",
        "TypeError: writeDataPoint(): Maximum of 20 blobs supported.",
        "TypeError: writeDataPoint(): Maximum of 20 doubles supported.",
        "TypeError: writeDataPoint(): Maximum of 1 indexes supported.",
        "TypeError: writeDataPoint(): Every one of blobs must be a string or an ArrayBuffer, not a number.",
        "TypeError: writeDataPoint(): Every one of doubles must be a finite number, not 7.",
        "TypeError: writeDataPoint(): Every one of doubles must be a finite number, not NaN.",
        "TypeError: writeDataPoint(): Maximum total blob size exceeded (16384 bytes).",
        "TypeError: writeDataPoint(): Maximum index size exceeded (96 bytes).",
        True,
    ]
    # After its end all of them are on disk, where any client of SQLite can ask.
    with sqlite3.connect(directory / STATE / "analytics" / "page views.sqlite") as database:
        rows = database.execute(
            'SELECT dataset, _sample_interval, index1, blob1, blob2, blob3, blob4, double1, double2 '
            'FROM "page views" ORDER BY rowid').fetchall()
        [last] = database.execute('SELECT max(timestamp) FROM "page views"').fetchone()
    database.close()
    name = "page views"
    assert rows[0] == (name, 1, "bytes", "text", "bytes", "bytes", "", 1, 0)
    assert rows[1] == (name, 1, "", "", "", "", "", 0, 0)
    assert [row[3] for row in rows[2:]] == ["1", "x" * 16384, "last", "né", "from a dict"]
    assert rows[-2] == (name, 1, "python", "né", "b", "", "", 1.5, -2)
    age = datetime.now(UTC) - datetime.fromisoformat(last + "+00:00")
    assert 0 <= age.total_seconds() < 600


def test_messages_from_python(project, dev) -> None:
    directory = project("outgoing_checks")
    with dev(directory) as session:
        assert answer(session, "/py/message") == [
            "<1@example.com>", "b@example.com", "me@example.com"]
        sent = answer(session, "/py/parts")
        shown = session.wait_for_line(r"E-mail sent by MAIL is in (\S+): nothing is sent locally")
    [plain] = messages(directory, "SOME")
    assert plain["subject"] == "hi"

    [message] = messages(directory, "MAIL")
    assert Path(shown.group(1)).parent == directory / STATE / "email" / "MAIL"
    assert message["message-id"] == sent
    assert message["from"].addresses[0].display_name == 'Zoë "Z" Q'
    assert message["from"].addresses[0].addr_spec == "me@example.com"
    assert [address.addr_spec for address in message["to"].addresses] == ["a@example.com", "b@example.com"]
    assert [address.addr_spec for address in message["cc"].addresses] == ["c@example.com"]
    assert (message["bcc"], message["reply-to"]) == (None, "reply@example.com")
    assert message["subject"] == "Grüße an alle, die diese sehr lange Zeile wirklich lesen möchten"
    assert message["x-campaign"] == "spring"
    assert message.get_content_type() == "multipart/mixed"
    assert message.get_body(("plain",)).get_content() == "plain né"
    assert message.get_body(("html",)).get_content() == "<p>né</p>"
    [attached] = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    assert (attached.get_filename(), attached.get_content()) == ("né.txt", "hello")
    [inline] = [part for part in message.walk() if part.get_content_disposition() == "inline"]
    assert (inline["content-id"], inline.get_content()) == ("<dot>", b"\x89PNG\r\n\x1a\n")
    assert not message.defects


def test_what_may_be_sent(project, dev) -> None:
    directory = project("outgoing_checks")
    with dev(directory) as session:
        assert answer(session, "/js/refusals") == [
            "E_RECIPIENT_NOT_ALLOWED: email to a@example.com not allowed",
            "E_RECIPIENT_NOT_ALLOWED: email to c@example.com not allowed",
            "E_SENDER_NOT_VERIFIED: email from you@example.com not allowed",
            'E_VALIDATION_ERROR: "From" header (other@example.com) does not match mail from '
            "(me@example.com)",
            "E_VALIDATION_ERROR: invalid or no message id provided",
            'E_VALIDATION_ERROR: "to" is not an e-mail address.',
            "E_RECIPIENT_NOT_ALLOWED: email to a@example.com not allowed",
            "E_SENDER_NOT_VERIFIED: email from you@example.com not allowed",
            'E_FIELD_MISSING: "subject" is missing.',
            'E_FIELD_MISSING: Either "text" or "html" is needed.',
            'E_FIELD_MISSING: "to" is missing.',
            "E_TOO_MANY_RECIPIENTS: At most 50 recipients are allowed.",
            'E_VALIDATION_ERROR: "to" is not an e-mail address.',
            'E_VALIDATION_ERROR: The value of the header "X-A" has more than one line.',
            'E_VALIDATION_ERROR: The header "Bcc" cannot be set.',
            "E_VALIDATION_ERROR: The content of an attachment must be bytes, or base64.",
            "E_CONTENT_TOO_LARGE: The message is larger than 26214400 bytes.",
        ]
        assert not (directory / STATE / "email").exists()
        assert answer(session, "/js/accepted") is True
    assert len(messages(directory, "ONLY")) == 2
    [message] = messages(directory, "SOME")
    assert (message["subject"], message["bcc"]) == ("one Bcc: c@example.com", None)
    [attached] = message.iter_attachments()
    assert attached.get_content() == b"\x00\xff"


def test_databases_of_the_environment(project, dev) -> None:
    """As wrangler reads them: they come before those of the configuration."""
    env = {
        "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_NONE": "postgres://a:b@127.0.0.1:1/new",
        "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB": "postgres://a:b@127.0.0.1:1/other",
        "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB": "postgres://a:b@127.0.0.1:1/unused",
        "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_MY": "mysql://a:b@127.0.0.1:1/deprecated",
    }
    with dev(project("small_bindings"), env=env) as session:
        url, postgres, mysql, none = answer(session, "/databases")
        output = session.output
    assert (url, none) == ("postgres://a:b@127.0.0.1:1/other", "postgres://a:b@127.0.0.1:1/new")
    assert (postgres[-1], mysql[-1]) == ("other", "deprecated")
    assert "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_MY is deprecated" in output
    assert "127.0.0.1:1/" not in output, "a connection string is in the terminal"
