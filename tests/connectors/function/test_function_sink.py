"""Python functions and objects as sinks."""

from __future__ import annotations

import pytest

from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.connectors.function.sink import FunctionSink
from hurtig.messages import MIN_TIMESTAMP


def test_a_function_gets_every_record(write_to):
    seen = []
    driver = write_to(FunctionSink(seen.append))
    driver.write(1, None)
    driver.write("a")
    assert seen == [1, None, "a"]


def test_an_object_with_write(write_to):
    class Target:
        def __init__(self):
            self.seen = []

        def write(self, value):
            self.seen.append(value)

    target = Target()
    write_to(FunctionSink(target)).write(1, 2)
    assert target.seen == [1, 2]


class Lifecycle:
    def __init__(self):
        self.calls = []

    def open(self, context):
        self.calls.append(("open", context.subtask_index, context.parallelism))

    def invoke(self, value):
        self.calls.append(value)

    def flush(self):
        self.calls.append("flush")

    def close(self):
        self.calls.append("close")


def test_open_flush_and_close(write_to):
    function = Lifecycle()
    driver = write_to(FunctionSink(function), subtask=1, parallelism=3)
    driver.write("x")
    driver.writer.flush(end_of_input=True)
    driver.writer.close()
    assert function.calls == [("open", 1, 3), "x", "flush", "close"]


def test_open_without_argument(write_to):
    class Target:
        opened = False

        def open(self):
            self.opened = True

        def invoke(self, value):
            assert self.opened

    write_to(FunctionSink(Target())).write(1)


def test_invoke_with_context(write_to):
    class Target:
        def __init__(self):
            self.seen = []

        def invoke(self, value, context):
            self.seen.append(
                (
                    value,
                    context.timestamp(),
                    context.current_watermark(),
                    context.current_processing_time(),
                )
            )

    target = Target()
    driver = write_to(FunctionSink(target))
    driver.write("a")
    driver.writer.write_watermark(5)
    driver.write("b", "c", timestamps=[7, MIN_TIMESTAMP])
    assert target.seen == [
        ("a", None, MIN_TIMESTAMP, 1000),
        ("b", 7, 5, 1000),
        ("c", None, 5, 1000),
    ]


def fails_on_two(value):
    if value == 2:
        raise KeyError("two")
    SEEN.append(value)


SEEN: list[int] = []


class FailsOnTwo:
    def invoke(self, value, context):
        fails_on_two(value)


@pytest.mark.parametrize("function", [fails_on_two, FailsOnTwo()])
def test_an_error_names_record_and_operator(function, write_to):
    with pytest.raises(UserFunctionError) as caught:
        write_to(FunctionSink(function)).write(1, 2, 3)
    text = caught.value.render()
    assert 'raise KeyError("two")' in text
    assert "operator  Sink: test  [uid uid-2]" in text
    assert "record    2" in text
    assert "connectors/function/sink.py" not in text
    assert isinstance(caught.value.cause, KeyError)


@pytest.mark.parametrize("function", [fails_on_two, FailsOnTwo()])
def test_skip_goes_on_after_the_record_and_calls_nothing_twice(function, write_to):
    SEEN.clear()
    driver = write_to(FunctionSink(function), policy="skip")
    driver.write(1, 2, 3, 2, 4)
    assert SEEN == [1, 3, 4]
    assert driver.bad.seen == [("KeyError: 'two'", "", 2)] * 2


@pytest.mark.parametrize("method", ["open", "flush", "close"])
def test_errors_of_the_other_methods(method, write_to):
    class Target:
        def invoke(self, value): ...

    def fail(self):
        raise OSError("gone")

    setattr(Target, method, fail)

    def live():
        driver = write_to(FunctionSink(Target()))
        driver.writer.flush(end_of_input=True)
        driver.writer.close()

    with pytest.raises(UserFunctionError, match="OSError: gone"):
        live()


def test_what_cannot_take_records():
    with pytest.raises(ProgramError, match="42 cannot take records"):
        FunctionSink(42)
