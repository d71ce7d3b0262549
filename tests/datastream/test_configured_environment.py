"""Settings that an environment takes from a Configuration."""

from __future__ import annotations

import pytest

from hurtig.client import running
from hurtig.common import Configuration
from hurtig.common.errors import ProgramError
from hurtig.datastream import StreamExecutionEnvironment

OLDER = {"execution.buffer-timeout": "7 ms", "pipeline.operator-chaining": "false"}


def test_older_keys_have_effect():
    env = StreamExecutionEnvironment.get_execution_environment(Configuration.from_dict(OLDER))
    assert env.get_buffer_timeout() == 7
    assert not env.is_chaining_enabled()


def test_older_keys_of_configure_have_effect():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.configure(Configuration.from_dict(OLDER))
    assert env.get_buffer_timeout() == 7
    assert not env.is_chaining_enabled()


def test_the_key_of_today_wins():
    configuration = Configuration.from_dict({**OLDER, "execution.buffer-timeout.interval": "9 ms"})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    assert env.get_buffer_timeout() == 9


@pytest.mark.parametrize(("given", "name"), [(None, "from the key"), ("given", "given")])
def test_name_of_the_job(given, name, capsys):
    configuration = Configuration.from_dict({"pipeline.name": "from the key"})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_collection([1]).add_sink(lambda _: print([job.name for job in running.jobs()]))
    env.execute(given)
    assert capsys.readouterr().out == f"{[name]}\n"


def test_a_mode_that_does_not_exist():
    configuration = Configuration.from_dict({"execution.runtime-mode": "BATHC"})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_collection([1]).print()
    with pytest.raises(ProgramError, match="is none of STREAMING, BATCH"):
        env.execute()
