"""crypto.subtle as Python code uses it, with the `openssl` program as the other party."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

WORKER = """
    import json

    from js import Object, crypto
    from pyodide.ffi import JsException, to_js
    from workers import Response, WorkerEntrypoint


    def js(**members):
        return to_js(members, dict_converter=Object.fromEntries)


    def attempt(call):
        try:
            return repr(call())
        except JsException as error:
            return str(error)


    async def refused(promise):
        try:
            await promise
        except JsException as error:
            return error.name


    TOP_LEVEL_UUID = attempt(crypto.randomUUID)
    subtle = crypto.subtle


    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            action = getattr(self, request.url.rsplit("/", 1)[1])
            return Response(await action(await request.bytes()))

        async def top_level(self, _):
            return TOP_LEVEL_UUID

        async def digest(self, data):
            return (await subtle.digest("SHA-256", to_js(data))).to_bytes().hex()

        async def hmac(self, data):
            key = await subtle.importKey(
                "raw", to_js(b"key"), js(name="HMAC", hash="SHA-512"), False, to_js(["sign"]))
            return (await subtle.sign("HMAC", key, to_js(data))).to_bytes().hex()

        async def aes_gcm(self, data):
            key = await subtle.generateKey(
                js(name="AES-GCM", length=256), True, to_js(["encrypt", "decrypt"]))
            iv = crypto.getRandomValues(to_js(bytearray(12)))
            parameters = js(name="AES-GCM", iv=iv)
            encrypted = await subtle.encrypt(parameters, key, to_js(data))
            decrypted = await subtle.decrypt(parameters, key, encrypted)
            return json.dumps([len(encrypted.to_bytes()), decrypted.to_bytes().decode()])

        async def pair(self, _):
            pair = await subtle.generateKey(
                js(name="ECDSA", namedCurve="P-256"), True, to_js(["sign", "verify"]))
            jwk = await subtle.exportKey("jwk", pair.publicKey)
            return json.dumps([pair.privateKey.type, pair.publicKey.type, jwk.to_py()["crv"]])

        async def sign(self, pkcs8):
            key = await subtle.importKey(
                "pkcs8", to_js(pkcs8), js(name="RSASSA-PKCS1-v1_5", hash="SHA-256"), False,
                to_js(["sign"]))
            signature = await subtle.sign("RSASSA-PKCS1-v1_5", key, to_js(b"signed"))
            return signature.to_bytes().hex()

        async def decrypt(self, message):
            size = int.from_bytes(message[:2], "big")
            key = await subtle.importKey(
                "pkcs8", to_js(message[2:2 + size]), js(name="RSA-OAEP", hash="SHA-256"), False,
                to_js(["decrypt"]))
            return (await subtle.decrypt("RSA-OAEP", key, to_js(message[2 + size:]))).to_bytes()

        async def stream(self, data):
            stream = crypto.DigestStream.new("SHA-1")
            writer = stream.getWriter()
            await writer.write(to_js(data))
            await writer.close()
            return (await stream.digest).to_bytes().hex()

        async def failures(self, _):
            return json.dumps([
                await refused(subtle.digest("SHA-9", to_js(b""))),
                await refused(subtle.importKey(
                    "raw", to_js(b"short"), "AES-CBC", False, to_js(["encrypt"]))),
            ])
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    source = tmp_path_factory.mktemp("worker")
    (source / "entry.py").write_text(dedent(WORKER))
    with running() as runtime:
        runtime.load(worker_config(source))
        runtime.wait_for("loaded")
        yield runtime


def ask(worker: Runtime, action: str, data: bytes = b"") -> bytes:
    connection = worker.connect()
    connection.request("POST", f"/{action}", data)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body.decode()
    return body


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def rsa_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("key") / "key.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key))
    return key


def der(key: Path) -> bytes:
    return openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", str(key))


def test_random_values_are_refused_at_the_top_level(worker: Runtime) -> None:
    assert b"Disallowed operation called within global scope" in ask(worker, "top_level")


def test_digest(worker: Runtime) -> None:
    assert ask(worker, "digest", b"text").decode() == hashlib.sha256(b"text").hexdigest()


def test_hmac(worker: Runtime) -> None:
    assert ask(worker, "hmac", b"text").decode() == hmac.new(b"key", b"text", "sha512").hexdigest()


def test_encryption_and_back(worker: Runtime) -> None:
    assert json.loads(ask(worker, "aes_gcm", b"text")) == [4 + 16, "text"]


def test_a_pair_of_keys(worker: Runtime) -> None:
    assert json.loads(ask(worker, "pair")) == ["private", "public", "P-256"]


def test_digest_of_a_stream(worker: Runtime) -> None:
    assert ask(worker, "stream", b"text").decode() == hashlib.sha1(b"text").hexdigest()


def test_refusals_are_exceptions_with_names(worker: Runtime) -> None:
    assert json.loads(ask(worker, "failures")) == ["NotSupportedError", "DataError"]


def test_openssl_verifies_what_a_worker_signs(worker: Runtime, rsa_key: Path, tmp_path: Path) -> None:
    signature, public = tmp_path / "signature", tmp_path / "public.pem"
    signature.write_bytes(bytes.fromhex(ask(worker, "sign", der(rsa_key)).decode()))
    openssl("pkey", "-in", str(rsa_key), "-pubout", "-out", str(public))
    said = openssl("dgst", "-sha256", "-verify", str(public), "-signature", str(signature), data=b"signed")
    assert said == b"Verified OK\n"


def test_a_worker_decrypts_what_openssl_encrypts(worker: Runtime, rsa_key: Path) -> None:
    encrypted = openssl(
        "pkeyutl", "-encrypt", "-inkey", str(rsa_key), "-pkeyopt", "rsa_padding_mode:oaep",
        "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256", data=b"for the Worker")
    key = der(rsa_key)
    assert ask(worker, "decrypt", len(key).to_bytes(2, "big") + key + encrypted) == b"for the Worker"
