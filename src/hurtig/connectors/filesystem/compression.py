"""Compressed input files, known by the end of their names."""

from __future__ import annotations

import zlib
from lzma import LZMAError
from typing import BinaryIO, cast

COMPRESSED = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd", ".deflate")
"""Ends of the names of files that are decompressed while they are read."""

DECOMPRESSION_ERRORS = (EOFError, OSError, zlib.error, LZMAError)
"""What reading a damaged file raises."""


def is_compressed(path: str) -> bool:
    """Whether a file is taken as compressed."""
    return path.lower().endswith(COMPRESSED)


def decompress(file: BinaryIO, path: str) -> BinaryIO:
    """The content of ``file``, decompressed where its name says so."""
    name = path.lower()
    if name.endswith((".gz", ".gzip")):
        import gzip

        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if name.endswith(".bz2"):
        import bz2

        return cast(BinaryIO, bz2.BZ2File(file))
    if name.endswith(".xz"):
        import lzma

        return cast(BinaryIO, lzma.LZMAFile(file))
    if name.endswith((".zst", ".zstd")):
        return _zstd(file, path)
    if name.endswith(".deflate"):
        import io

        return io.BytesIO(zlib.decompress(file.read()))
    return file


def _zstd(file: BinaryIO, path: str) -> BinaryIO:
    try:
        import pyarrow
    except ImportError as e:
        from hurtig.formats.errors import missing_library

        raise missing_library("pyarrow", "arrow", f"reading {path}", e) from e
    import io

    stream = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, mode="r"), "zstd")
    return cast(BinaryIO, io.BufferedReader(stream, 1 << 16))
