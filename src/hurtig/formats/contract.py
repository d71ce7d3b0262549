"""The contract between a file format and whoever reads files.

A format makes one :class:`FormatReader` for each file or part of one. ``lines.py`` is the example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

OnBadRecord = Callable[[str, str, Any], None]
"""``on_bad_record(reason, where, content)``, ``where`` like ``line 3``; returns to skip it."""

Position = tuple[Any, ...]
"""Where a reader stands, in terms of its format; the file's own name is not part of it."""


class FileRange(NamedTuple):
    """What to read of an open file."""

    start: int = 0
    """First byte; a record that begins before it belongs to the range before."""
    end: int | None = None
    """The range holds the records that begin before this byte; ``None`` for the end of file."""
    position: Position | None = None
    """Go on from here, an earlier :meth:`FormatReader.position`."""


class FormatReader(ABC):
    """Reads one file or one range of it."""

    @abstractmethod
    def read(self, max_records: int) -> list[Any]:
        """At most ``max_records`` records; empty only where there are no more."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the next :meth:`read` is known to give nothing."""

    @abstractmethod
    def position(self) -> Position:
        """Where to go on after the records that were read."""

    def close(self) -> None:
        """Release resources beside the file itself."""


class FileFormat(ABC):
    """Makes readers; picklable."""

    splittable: bool = False
    """Whether ranges of a file can be read on their own, when it is not compressed."""

    seekable: bool = False
    """Whether the reader jumps about in the file, so that the file cannot be a compressed one."""

    produced_type: TypeInformation | None = None
    """Type of the records, where it is known."""

    @abstractmethod
    def create_reader(
        self, file: BinaryIO, file_range: FileRange, on_bad_record: OnBadRecord
    ) -> FormatReader:
        """A reader of ``file``, which the caller opens and closes."""

    def get_produced_type(self) -> TypeInformation | None:
        """Type of the records, where it is known."""
        return self.produced_type


class StreamFormat(FileFormat):
    """A format that is read from front to back. Mirrors Flink's ``StreamFormat``."""

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> StreamFormat:
        """Each line as a str, without its line feed and the carriage return before it."""
        from hurtig.formats.lines import TextLineFormat

        return TextLineFormat(charset_name)

    @staticmethod
    def json_lines_format(type_info: TypeInformation | None = None) -> StreamFormat:
        """Each line's JSON value: plain Python values, or rows of ``type_info``. Not in PyFlink."""
        from hurtig.formats.json_lines import JsonLinesFormat

        return JsonLinesFormat(type_info)

    @staticmethod
    def csv_format(
        type_info: TypeInformation | None = None,
        field_delimiter: str = ",",
        has_header: bool = True,
    ) -> StreamFormat:
        """CSV records: dicts of str under the header's names, or rows of ``type_info``.

        Without header and type the records are lists of str. Not in PyFlink.
        """
        from hurtig.formats.csv_reader import simple_csv_format

        return simple_csv_format(type_info, field_delimiter, has_header)


class BulkFormat(FileFormat):
    """A format that is read in blocks of many records. Mirrors Flink's ``BulkFormat``."""

    seekable = True


def raise_bad_record(reason: str, where: str, content: Any) -> None:
    """An :data:`OnBadRecord` that never skips."""
    from hurtig.common.errors import BadRecordError

    raise BadRecordError(reason, where, content)
