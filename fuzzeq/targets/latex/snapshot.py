"""The incremental lexer's state as bytes.

Layout: 4 bytes of magic, 2 of version (big-endian), the SHA-256 of the document, a compressed body,
and the SHA-256 of all that as the last 32 bytes. The checksum is looked at before anything else is,
so a damaged snapshot is refused as that, and never half read. In the body, columns of numbers of a
fixed width and byte order (little-endian), behind a row that says how long each is.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from array import array

import numpy as np

from fuzzeq.errors import InvalidSnapshot
from fuzzeq.targets.latex.block import COUNT, FIELDS, STATE, Block, packed
from fuzzeq.targets.latex.codes import STATES

MAGIC = b"FZLX"
VERSION = 2
_HEADER = struct.Struct(">4sH32s")
_DIGEST = 32


def document_hash(document: str) -> bytes:
    """What a snapshot remembers of its document; lone surrogates count as themselves."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()


def seal(document: str, body: bytes) -> bytes:
    """A snapshot of a document with this body."""
    data = _HEADER.pack(MAGIC, VERSION, document_hash(document)) + zlib.compress(body, 1)
    return data + hashlib.sha256(data).digest()


def unseal(data: bytes, document: str) -> bytes:
    """The body of a snapshot of this document. Raises `InvalidSnapshot`."""
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
        body = unpacking.decompress(content[_HEADER.size :])
    except zlib.error as error:
        raise InvalidSnapshot(f"damaged: its body cannot be read: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise InvalidSnapshot("damaged: its body does not end where it should")
    return body


def encode(block: Block, exit: int) -> bytes:
    """What a document's lines hold, and the state behind them, as the body of a snapshot."""
    counts = (len(block.entries), len(block.codes), len(block.complaints), exit)
    columns = (
        np.array(counts, "<u4"),
        np.frombuffer(block.line_lengths, np.uint32).astype("<u4"),
        np.frombuffer(block.entries, np.uint16).astype("<u2"),
        np.frombuffer(block.counts, np.uint32).astype("<u4"),
        np.frombuffer(block.codes, np.uint8),
        np.frombuffer(block.lengths, block.lengths.typecode).astype("<u4"),
        np.frombuffer(block.complaints, np.uint32).astype("<u4"),
    )
    return b"".join(column.tobytes() for column in columns)


def decode(body: bytes, document: str) -> tuple[Block, int]:
    """The block and the state that `encode` was given. Raises `InvalidSnapshot`."""
    try:
        lines, tokens, numbers, exit = np.frombuffer(body, "<u4", 4).tolist()
        types = np.dtype(
            [
                ("header", "<u4", 4),
                ("line_lengths", "<u4", lines),
                ("entries", "<u2", lines),
                ("counts", "<u4", lines),
                ("codes", "u1", tokens),
                ("lengths", "<u4", tokens),
                ("complaints", "<u4", numbers),
            ]
        )
        (row,) = np.frombuffer(body, types)
    except ValueError as error:
        raise InvalidSnapshot(
            f"damaged: its columns are not as long as it says: {error}"
        ) from error
    block = Block(
        document,
        array(COUNT, row["line_lengths"].astype(np.uint32).tobytes()),
        array(STATE, row["entries"].astype(np.uint16).tobytes()),
        array(COUNT, row["counts"].astype(np.uint32).tobytes()),
        row["codes"].tobytes(),
        packed(array(COUNT, row["lengths"].astype(np.uint32).tobytes())),
        array(COUNT, row["complaints"].astype(np.uint32).tobytes()),
    )
    sound = (
        sum(block.line_lengths) == sum(block.lengths) == len(document)
        and sum(block.counts) == tokens
        and max(block.entries, default=0) < STATES
        and exit < STATES
        and numbers % FIELDS == 0
    )
    if not sound:
        raise InvalidSnapshot("damaged: its columns do not fit the document")
    return block, exit
