from __future__ import annotations

from hurtig.deploy.cluster.restarts import FIRST_DELAY, LONGEST_DELAY, DeathCounter


def test_pauses_grow_and_end():
    counter = DeathCounter(limit=4)
    delays = [counter.delay(0.1, progress=False) for _ in range(5)]
    assert delays == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY, 8 * FIRST_DELAY, None]
    assert counter.in_a_row == 5


def test_the_longest_pause():
    counter = DeathCounter(limit=100)
    assert [counter.delay(0, False) for _ in range(50)][-1] == LONGEST_DELAY


def test_a_checkpoint_or_a_minute_starts_anew():
    counter = DeathCounter(limit=2)
    for progress, ran in [(True, 0.1), (False, 61.0)]:
        assert counter.delay(0, False) is not None
        assert counter.delay(0, False) is not None
        assert counter.delay(ran, progress) == FIRST_DELAY
        counter.in_a_row = 0
    assert [counter.delay(1, progress=True) for _ in range(20)] == [FIRST_DELAY] * 20
