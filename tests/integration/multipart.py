"""Bodies of HTML forms with files."""

from __future__ import annotations


def multipart(**fields: str | bytes) -> tuple[bytes, dict[str, str]]:
    """A form's body and headers; a value of bytes is sent as a file."""
    parts = b""
    for name, value in fields.items():
        disposition = f'form-data; name="{name}"'
        if isinstance(value, bytes):
            disposition += f'; filename="{name}.bin"'
        content = value.encode() if isinstance(value, str) else value
        parts += f"--limit\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return parts + b"--limit--\r\n", {"content-type": "multipart/form-data; boundary=limit"}
