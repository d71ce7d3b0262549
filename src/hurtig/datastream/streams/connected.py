"""``ConnectedStreams``: two streams of different types that share an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.datastream.streams import build
from hurtig.datastream.streams.base import DataStream
from hurtig.datastream.streams.checks import check_no_timers
from hurtig.datastream.streams.keyed import KeyedStream, keyed_stream

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class ConnectedStreams:
    """Two streams side by side. Mirrors PyFlink's ``ConnectedStreams``."""

    def __init__(self, stream1: DataStream, stream2: DataStream) -> None:
        self.stream1 = stream1
        self.stream2 = stream2

    @property
    def _keyed(self) -> bool:
        return isinstance(self.stream1, KeyedStream) and isinstance(self.stream2, KeyedStream)

    def key_by(
        self, key_selector1: Any, key_selector2: Any, key_type: TypeInformation | None = None
    ) -> ConnectedStreams:
        """Groups both streams by keys of one type, so that they share keyed state."""
        return ConnectedStreams(
            keyed_stream(self.stream1, key_selector1, key_type),
            keyed_stream(self.stream2, key_selector2, key_type),
        )

    def map(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """One record for each of either input: a :class:`CoMapFunction`."""
        from hurtig.operators.co_process import CoMapOperator

        return self._apply("Co-Map", CoMapOperator(func, output_type))

    def flat_map(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of records for each of either input: a :class:`CoFlatMapFunction`."""
        from hurtig.operators.co_process import CoFlatMapOperator

        return self._apply("Co-Flat Map", CoFlatMapOperator(func, output_type))

    def process(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """A :class:`CoProcessFunction`; with keys on both, a :class:`KeyedCoProcessFunction`."""
        from hurtig.operators.co_process import CoProcessOperator, KeyedCoProcessOperator
        from hurtig.operators.functions import KeyedCoProcessFunction

        if isinstance(func, KeyedCoProcessFunction):
            if not self._keyed:
                raise ProgramError(
                    "KeyedCoProcessFunction needs keys on both streams: call key_by() on each, or "
                    "on the connected streams"
                )
            return self._apply("Keyed Co-Process", KeyedCoProcessOperator(func, output_type))
        if not self._keyed:
            check_no_timers(func, "process_element1", "process_element2")
        return self._apply("Co-Process", CoProcessOperator(func, output_type))

    def _apply(self, name: str, operator: Any) -> DataStream:
        if self._keyed:
            operator.keyed = True
        elif isinstance(self.stream1, KeyedStream) or isinstance(self.stream2, KeyedStream):
            raise ProgramError(
                "only one of the two connected streams has keys: call key_by() on both or on none"
            )
        return build.two_inputs(self.stream1, self.stream2, name, operator)
