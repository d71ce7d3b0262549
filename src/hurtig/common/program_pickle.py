"""Pickles what belongs to the program: its functions by value, and records of its classes.

Classes of the program's main file, and those defined inside of functions, cannot be imported
elsewhere: they travel by value with the job graph. cloudpickle gives each an id that is the same
in all processes, and keeps one class for it in each.
"""

from __future__ import annotations

import io
import pickle
from types import CodeType, ModuleType
from typing import Any, ClassVar

__all__ = ["ProgramModule", "dumps_by_value", "dumps_record", "loads_record"]


def dumps_by_value(value: object) -> bytes:
    """``cloudpickle.dumps`` that keeps ``co_filename``, which tracebacks need to show the user's
    line, and the place of nested classes; ``pickle.loads`` reads the result."""
    from collections import ChainMap

    import cloudpickle
    from cloudpickle.cloudpickle import _make_skeleton_class

    base = cloudpickle.Pickler.dispatch_table

    def reduce_code(code: CodeType) -> tuple[Any, ...]:
        build, arguments = base[CodeType](code)[:2]
        return _restore_code, (code.co_filename, build, arguments)

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table: ClassVar[Any] = ChainMap({CodeType: reduce_code}, base)

        def reducer_override(self, obj: Any) -> Any:
            reduced = super().reducer_override(obj)
            if (
                isinstance(obj, type)
                and reduced is not NotImplemented
                and reduced[0] is _make_skeleton_class
                and "<locals>" not in obj.__qualname__
            ):
                reduced[1][3]["__qualname__"] = obj.__qualname__
            return reduced

    buffer = io.BytesIO()
    ByValuePickler(buffer).dump(value)
    return buffer.getvalue()


def _restore_code(filename: str, build: Any, arguments: tuple[Any, ...]) -> CodeType:
    code: CodeType = build(*arguments)
    return code.replace(co_filename=filename)


def dumps_record(value: object) -> bytes:
    """``pickle.dumps`` that also takes what only this program has."""
    try:
        return pickle.dumps(value, 5)
    except Exception:
        return _dumps_by_id(value)


def _dumps_by_id(value: object) -> bytes:
    import cloudpickle
    from cloudpickle import cloudpickle as tracked

    known = tracked._DYNAMIC_CLASS_TRACKER_BY_CLASS

    class ByIdPickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, type):
                class_id = known.get(obj)
                if class_id is not None:
                    return class_by_id, (class_id,)
            return super().reducer_override(obj)

    buffer = io.BytesIO()
    ByIdPickler(buffer, 5).dump(value)
    return buffer.getvalue()


def class_by_id(class_id: str) -> type:
    """A class that travelled with the job graph."""
    from cloudpickle import cloudpickle as tracked

    found: type | None = tracked._DYNAMIC_CLASS_TRACKER_BY_ID.get(class_id)
    if found is None:
        raise pickle.UnpicklingError(f"class {class_id} did not come with the job graph")
    return found


def loads_record(data: Any) -> Any:
    """Read :func:`dumps_record`'s bytes in the program, where a class that is defined inside of a
    function does not have the name that workers know it by."""
    try:
        return pickle.loads(data)
    except AttributeError:
        return _ProgramUnpickler(io.BytesIO(data)).load()


class _ProgramUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return super().find_class(module, name)
        except AttributeError:
            from cloudpickle import cloudpickle as tracked

            found = [
                cls
                for cls in list(tracked._DYNAMIC_CLASS_TRACKER_BY_CLASS)
                if cls.__module__ == module and cls.__name__ == name
            ]
            if len(found) != 1:
                raise
            return found[0]


class ProgramModule(ModuleType):
    """``__main__`` of a worker: has the classes of the program's main file that came by value, so
    that pickle finds them by name."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            from cloudpickle import cloudpickle as tracked

            for found in list(tracked._DYNAMIC_CLASS_TRACKER_BY_ID.values()):
                if found.__module__ == self.__name__ and found.__qualname__ == name:
                    setattr(self, name, found)
                    return found
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
