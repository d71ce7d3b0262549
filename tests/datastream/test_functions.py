"""The module of user functions hands on the classes of the lower layers, as they are."""

from __future__ import annotations

import hurtig.datastream.functions as functions
import hurtig.operators.functions as operators
from hurtig.datastream import output_tag, state, time_domain, timerservice
from hurtig.operators.output_tag import OutputTag
from hurtig.state.api import KeyedStateStore


def test_every_user_function_is_handed_on():
    assert set(operators.__all__) <= set(functions.__all__)
    for name in operators.__all__:
        assert getattr(functions, name) is getattr(operators, name)


def test_state_and_timers_are_those_of_their_modules():
    assert functions.KeyedStateStore is KeyedStateStore
    assert issubclass(functions.RuntimeContext, functions.KeyedStateStore)
    assert functions.TimerService is timerservice.TimerService
    assert functions.TimeDomain is time_domain.TimeDomain
    shared = set(functions.__all__) & set(state.__all__)
    assert {"ValueState", "MapStateDescriptor", "ReadOnlyBroadcastState"} <= shared
    for name in shared:
        assert getattr(functions, name) is getattr(state, name)


def test_all_names_what_is_there_once():
    assert len(functions.__all__) == len(set(functions.__all__))
    assert all(hasattr(functions, name) for name in functions.__all__)


def test_output_tag_is_that_of_the_operators():
    assert output_tag.OutputTag is OutputTag
