"""Rewrites pages with handlers written in Python."""

import asyncio

from js import HTMLRewriter, ReadableStream, TextEncoder
from pyodide.ffi import create_proxy
from workers import Response, WorkerEntrypoint

PAGE = """<!doctype html><html><head><title>T</title></head><body>
<a href="/one" class="x">one</a><a>two</a><!-- note --><p>text &amp; more</p></body></html>"""


class Head:
    """Has one of the methods: what it lacks is not called."""

    def element(self, element):
        element.prepend("<meta>", html=True).append("<not html>")


class Links:
    def __init__(self):
        self.seen = []

    def element(self, element):
        self.seen.append([element.tagName, [list(pair) for pair in element.attributes]])
        element.setAttribute("rel", "nofollow")
        if not element.hasAttribute("href"):
            element.remove()
        else:
            element.onEndTag(lambda tag: tag.before("!"))

    def text(self, chunk):
        if chunk.text == "one":
            chunk.replace("ONE")


class Comments:
    async def comments(self, comment):
        await asyncio.sleep(0.01)
        comment.text = comment.text.upper()


class Slow:
    async def element(self, element):
        await asyncio.sleep(0.01)
        element.setInnerContent(await Response("<b>").text(), html=True)


class Document:
    def doctype(self, doctype):
        assert doctype.name == "html", doctype.name

    def end(self, end):
        end.append("<hr>", html=True)


class Failing:
    def element(self, element):
        raise LookupError(f"no {element.tagName} today")


def page():
    return Response(PAGE, headers={"Content-Type": "text/html", "Content-Length": "1"}).js_object


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await getattr(self, request.url.rsplit("/", 1)[1])()

    async def all(self):
        links = Links()
        # The proxy that Pyodide makes for the call alone does as well as one that is kept.
        rewriter = HTMLRewriter.new().on("head", create_proxy(Head())).on("a", links)
        rewriter = rewriter.on("p", Slow()).on("body", create_proxy(Comments()))
        text = await rewriter.onDocument(Document()).transform(page()).text()
        return Response.json({"text": text, "seen": links.seen})

    async def fails(self):
        return HTMLRewriter.new().on("p", create_proxy(Failing())).transform(page())

    async def caught(self):
        try:
            await HTMLRewriter.new().on("p", create_proxy(Failing())).transform(page()).text()
        except Exception as error:
            return Response(str(error))

    async def endless(self):
        async def pull(controller):
            controller.enqueue(TextEncoder.new().encode("<p>x</p>"))
            await asyncio.sleep(0)

        source = ReadableStream.new(pull=create_proxy(pull))
        rewriter = HTMLRewriter.new().on("p", create_proxy(Slow()))
        return rewriter.transform(Response(source).js_object)
