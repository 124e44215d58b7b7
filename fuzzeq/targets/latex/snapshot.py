"""The incremental lexer's state as bytes.

Layout: 4 bytes of magic, 2 of version (big-endian), the SHA-256 of the document, a compressed JSON
body, and the SHA-256 of all that as the last 32 bytes. JSON because nothing in it can run and
numbers have no width to overflow. The checksum is looked at before anything else is, so a damaged
snapshot is refused as that, and never half read.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from fuzzeq.errors import InvalidSnapshot

MAGIC = b"FZLX"
VERSION = 1
_HEADER = struct.Struct(">4sH32s")
_DIGEST = 32


def document_hash(document: str) -> bytes:
    """What a snapshot remembers of its document; lone surrogates count as themselves."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()


def encode(document: str, rows: Iterable[Sequence[Any]]) -> bytes:
    """A snapshot of `rows`, which are tuples of strings, integers, booleans and tuples."""
    body = zlib.compress(json.dumps(list(rows), separators=(",", ":")).encode("ascii"), 1)
    data = _HEADER.pack(MAGIC, VERSION, document_hash(document)) + body
    return data + hashlib.sha256(data).digest()


def decode(data: bytes, document: str) -> list[Any]:
    """The rows, lists turned back into tuples. Raises `InvalidSnapshot`."""
    if len(data) < _HEADER.size + _DIGEST:
        raise InvalidSnapshot(f"a snapshot has at least {_HEADER.size + _DIGEST} bytes")
    content, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise InvalidSnapshot("damaged: the checksum does not match")
    magic, version, of_document = _HEADER.unpack_from(content)
    if magic != MAGIC:
        raise InvalidSnapshot("not a snapshot of this lexer")
    if version != VERSION:
        raise InvalidSnapshot(f"version {version}; this lexer reads version {VERSION}")
    if of_document != document_hash(document):
        raise InvalidSnapshot("a snapshot of another document")
    unpacking = zlib.decompressobj()
    try:
        rows = json.loads(unpacking.decompress(content[_HEADER.size :]))
        rows = [_as_tuple(row) for row in rows]
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise InvalidSnapshot(f"damaged: its body cannot be read: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise InvalidSnapshot("damaged: its body does not end where it should")
    return rows


def _as_tuple(value: Any) -> Any:
    """JSON has no tuples: every list becomes one, all the way down."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
