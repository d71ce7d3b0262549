"""Lists as sources: batches, positions, and values on their way to another process."""

from __future__ import annotations

import pickle
import threading

import cloudpickle
import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.collection.source import CollectionSource


def test_gives_the_values_in_batches(drive):
    driver = drive(CollectionSource(range(10)))
    assert driver.run(max_records=4) == list(range(10))
    assert [len(b.values) for b in driver.subtasks[0].batches] == [4, 4, 2]
    assert driver.subtasks[0].finished_splits == ["0"]


@pytest.mark.parametrize("values", [[], [None], [None, None, 1]])
def test_empty_and_none(drive, values):
    assert drive(CollectionSource(values)).run() == values


def test_batches_are_plain_lists(drive):
    driver = drive(CollectionSource([1, 2]))
    driver.run()
    assert type(driver.subtasks[0].batches[0].values) is list


def test_is_read_by_one_subtask(drive):
    driver = drive(CollectionSource([1, 2, 3]), parallelism=3)
    driver.run(max_records=1)
    assert sorted(map(len, (s.values for s in driver.subtasks))) == [0, 0, 3]


@pytest.mark.parametrize("read", range(6))
def test_goes_on_where_the_snapshot_was_taken(drive, read):
    source = CollectionSource([10, 11, 12, 13, 14])
    first = drive(source)
    first.run(until=lambda: len(first.values) == read, max_records=1)
    second = drive(source, state=first.snapshot())
    assert first.values + second.run() == source.values


def test_a_snapshot_does_not_move(drive):
    driver = drive(CollectionSource([1, 2, 3]))
    driver.round(1)
    state = driver.snapshot()
    driver.run()
    assert state == ([], [[1]])


def test_knows_its_type():
    assert CollectionSource(["a"], Types.STRING()).produced_type == Types.STRING()


def test_pickles(drive):
    source = pickle.loads(pickle.dumps(CollectionSource([1, "a", None], Types.STRING())))
    assert source.produced_type == Types.STRING()
    assert drive(source).run() == [1, "a", None]


def test_a_local_class_is_sent_by_value():
    class Point:
        def __init__(self, x):
            self.x = x

    data = cloudpickle.dumps(CollectionSource([Point(1), Point(2)]))
    assert [p.x for p in pickle.loads(data).values] == [1, 2]


def test_a_class_of_the_program_is_known_in_another_process(run_python, tmp_path):
    (tmp_path / "program.py").write_text(
        "import pickle\n"
        "from hurtig.connectors.collection.source import CollectionSource\n"
        "class Point:\n"
        "    def __init__(self, x): self.x = x\n"
        "with open('source.pickle', 'wb') as f: pickle.dump(CollectionSource([Point(7)]), f)\n"
    )
    run_python("program.py", check=True)
    read = "import pickle; print(pickle.load(open('source.pickle', 'rb')).values[0].x)"
    assert run_python("-W", "ignore", "-c", read, check=True).stdout == "7\n"


def test_a_value_that_does_not_pickle_is_named():
    source = CollectionSource([1, threading.Lock(), 2])
    with pytest.raises(ProgramError, match=r"value 1 .*<unlocked _thread.lock.*\n.*fix"):
        pickle.dumps(source)
