"""Pickles records whose classes came with the program.

Classes of the program's main file, and those defined inside of functions, travel by value with
the job graph; cloudpickle gives each an id that is the same in all processes. Their instances
name the class by that id, so that there is one class in a process, whatever way it came.
"""

from __future__ import annotations

import io
import pickle
from types import ModuleType
from typing import Any

__all__ = ["ProgramModule", "dumps"]


def dumps(value: object) -> bytes:
    """``pickle.dumps`` that also knows classes which cannot be imported; ``pickle.loads`` reads
    it where the job graph was read before."""
    try:
        return pickle.dumps(value, 5)
    except Exception:
        return _dump_by_id(value)


def _dump_by_id(value: object) -> bytes:
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
    """A class that came with the job graph."""
    from cloudpickle import cloudpickle as tracked

    found: type | None = tracked._DYNAMIC_CLASS_TRACKER_BY_ID.get(class_id)
    if found is None:
        raise pickle.UnpicklingError(f"class {class_id} did not come with the job graph")
    return found


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
