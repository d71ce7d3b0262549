"""What the runner needs to know of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One program.

    :param name: what follows ``case_`` in the function's name.
    :param program: takes an environment, returns a stream, a dict of streams, an iterable of
        results, or raises.
    :param ordered: the answer's order is defined.
    :param parallelism: of the environment.
    :param spread: the multiset of results is the same at parallelism 2.
    :param bounded: BATCH mode gives the same multiset of results.
    :param chained_only: the answer depends on how soon operators see an element, or on which
        operators share a task.
    :param modes: PyFlink's execution modes to ask.
    :param fails_with: what the error's text contains, on either engine.
    :param deviation: why hurtig answers otherwise; ``ours`` is then its answer.
    :param ours: hurtig's rendered answer where it deviates, or ``"error"``.
    :param takes: PyFlink's mode whose answer hurtig gives, where its modes disagree: process mode
        is the default, but its state cache sees changes in place and outlives time to live.
    """

    name: str
    program: Callable[[Any], Any]
    module: str
    ordered: bool = True
    parallelism: int = 1
    spread: bool = False
    bounded: bool = False
    chained_only: bool = False
    modes: tuple[str, ...] = ("process", "thread")
    fails_with: str | None = None
    deviation: str | None = None
    ours: Any = None
    takes: str = "process"


CASES: dict[str, Case] = {}


def case(**options: Any) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Registers a program ``case_<name>(env)``."""

    def register(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
        name = program.__name__.removeprefix("case_")
        assert name not in CASES, name
        module = program.__module__.rpartition(".")[2]
        CASES[name] = Case(name, program, module, **options)
        return program

    return register
