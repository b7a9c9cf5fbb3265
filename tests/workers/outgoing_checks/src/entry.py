from urllib.parse import urlsplit

from js import JSON, Object
from pyodide.ffi import to_js
from workers import Request, Response, WorkerEntrypoint, import_from_javascript


class Default(WorkerEntrypoint):
    """/js/NAME: a check in JavaScript; /py/NAME: a method of this class."""

    async def fetch(self, request: Request) -> Response:
        _, area, name = urlsplit(request.url).path.split("/")
        if area == "js":
            checks = import_from_javascript("./checks.mjs")
            return Response(JSON.stringify(await getattr(checks, name)()))
        return Response.json(await getattr(self, name)())

    async def version(self) -> object:
        version = self.env.VERSION
        return [version.id, version.tag, version.timestamp]

    async def points(self) -> object:
        self.env.EVENTS.writeDataPoint(blobs=["né", "b"], doubles=[1.5, -2], indexes=["python"])
        self.env.EVENTS.writeDataPoint({"blobs": ["from a dict"]})

    async def message(self) -> object:
        email_message = import_from_javascript("cloudflare:email").EmailMessage
        raw = ("From: Me <me@example.com>\r\nTo: b@example.com\r\nSubject: hi\r\n"
               "Message-ID: <1@example.com>\r\n\r\nbödy\r\n")
        message = email_message.new("me@example.com", "b@example.com", raw)
        sent = await self.env.SOME.send(message)
        return [sent.messageId, message.to, getattr(message, "from")]

    async def parts(self) -> object:
        content = {
            "from": {"email": "me@example.com", "name": "Zoë \"Z\" Q"},
            "to": ["a@example.com", "Bo <b@example.com>"],
            "cc": "c@example.com",
            "bcc": "hidden@example.com",
            "replyTo": "reply@example.com",
            "subject": "Grüße an alle, die diese sehr lange Zeile wirklich lesen möchten",
            "text": "plain né",
            "html": "<p>né</p>",
            "headers": {"X-Campaign": "spring"},
            "attachments": [
                {"content": "aGVsbG8=", "filename": "né.txt", "type": "text/plain",
                 "disposition": "attachment"},
                {"content": "iVBORw0KGgo=", "filename": "dot.png", "type": "image/png",
                 "disposition": "inline", "contentId": "dot"},
            ],
        }
        sent = await self.env.MAIL.send(to_js(content, dict_converter=Object.fromEntries))
        return sent.messageId
