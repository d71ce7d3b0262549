"""FileSink: part files, buckets, rolling, commit, recovery, compaction."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import pytest

from hurtig.common.errors import BadRecordError, JobExecutionError, UserFunctionError
from hurtig.common.serialization import Encoder
from hurtig.common.time import Duration
from hurtig.common.types import Row
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.committer import FileCommitter
from hurtig.connectors.filesystem.compaction import Compaction, FileCompactor, FileCompactStrategy
from hurtig.connectors.filesystem.filesystem import LocalFileSystem
from hurtig.connectors.filesystem.output_file_config import OutputFileConfig
from hurtig.connectors.filesystem.rolling_policy import RollingPolicy
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.filesystem.streaming_file_sink import StreamingFileSink
from hurtig.formats.csv_reader import CsvBulkWriters
from hurtig.formats.csv_schema import CsvSchema
from hurtig.formats.json_lines import JsonLinesEncoder


def rows(path, sink=FileSink):
    return sink.for_row_format(str(path), Encoder.simple_string_encoder()).with_bucket_assigner(
        BucketAssigner.base_path_bucket_assigner()
    )


def visible(path) -> list[Path]:
    return sorted(p for p in Path(path).rglob("*") if p.is_file() and not p.name.startswith("."))


def hidden(path) -> list[Path]:
    return [p for p in Path(path).rglob(".*") if p.is_file()]


def content(path) -> str:
    return "".join(p.read_text() for p in visible(path))


def test_records_as_flink_prints_them(tmp_path, sink_driver):
    driver = sink_driver(rows(tmp_path).build())
    driver.write("a b", ("x", 1, True, None), Row("r", 1e10), [1, 2.5], {"k": "v"}, b"\xff\x01")
    driver.finish()
    (part,) = visible(tmp_path)
    assert part.read_text() == "a b\n(x,1,true,null)\n+I[r, 1.0E10]\n[1, 2.5]\n{k=v}\n[-1, 1]\n"
    assert re.fullmatch(r"part-[0-9a-f-]{36}-0", part.name)
    assert not hidden(tmp_path)


def test_prefix_and_suffix(tmp_path, sink_driver):
    config = OutputFileConfig.builder().with_part_prefix("out").with_part_suffix(".ext").build()
    assert (config.get_part_prefix(), config.get_part_suffix()) == ("out", ".ext")
    driver = sink_driver(
        pickle.loads(pickle.dumps(rows(tmp_path).with_output_file_config(config).build()))
    )
    driver.write("a")
    driver.finish()
    assert re.fullmatch(r"out-[0-9a-f-]{36}-0\.ext", visible(tmp_path)[0].name)


def test_nothing_written_leaves_no_file(tmp_path, sink_driver):
    sink_driver(rows(tmp_path / "x").build()).finish()
    assert not visible(tmp_path)


def test_the_default_bucket_is_the_hour(tmp_path, sink_driver):
    builder = FileSink.for_row_format(str(tmp_path), Encoder.simple_string_encoder())
    assigner = BucketAssigner.date_time_bucket_assigner(timezone_id="Asia/Tokyo")
    driver = sink_driver(builder.with_bucket_assigner(assigner).build(), now=1_700_000_000_000)
    driver.write("a")
    driver.time.advance_to(1_700_000_000_000 + 3_600_000)
    driver.write("b")
    driver.finish()
    assert [p.parent.name for p in visible(tmp_path)] == ["2023-11-15--07", "2023-11-15--08"]


def test_an_assigner_of_ones_own(tmp_path, sink_driver):
    seen = []

    class ByFirstLetter(BucketAssigner):
        def get_bucket_id(self, element, context):
            seen.append((context.timestamp(), context.current_watermark()))
            return f"letter={element[0]}"

    driver = sink_driver(rows(tmp_path).with_bucket_assigner(ByFirstLetter()).build())
    driver.writer.write_watermark(5)
    driver.write("ab", "b", "ac", timestamps=[7, -(2**63), 9])
    driver.finish()
    assert {p.parent.name: p.read_text() for p in visible(tmp_path)} == {
        "letter=a": "ab\nac\n",
        "letter=b": "b\n",
    }
    assert seen == [(7, 5), (None, 5), (9, 5)]


def test_a_bucket_outside_the_base_path_is_refused(tmp_path, sink_driver):
    class Outside(BucketAssigner):
        def get_bucket_id(self, element, context):
            return "../x"

    driver = sink_driver(rows(tmp_path).with_bucket_assigner(Outside()).build())
    with pytest.raises(ValueError, match=r"relative path.*'\.\./x' from Outside"):
        driver.write("a")
    driver.writer.close()


def test_a_file_rolls_above_its_size(tmp_path, sink_driver):
    policy = RollingPolicy.default_rolling_policy(part_size=4)
    driver = sink_driver(rows(tmp_path).with_rolling_policy(policy).build())
    driver.write("ab", "c", "d", "e", "longer than that", "f")
    assert len(visible(tmp_path)) == 2  # final as they roll, without checkpoints
    driver.finish()
    by_number = sorted(visible(tmp_path), key=lambda p: int(p.name.rpartition("-")[2]))
    assert [p.read_text() for p in by_number] == ["ab\nc\n", "d\ne\nlonger than that\n", "f\n"]


def test_a_file_rolls_with_time(tmp_path, sink_driver):
    policy = RollingPolicy.default_rolling_policy(100, Duration.of_seconds(10), 3_000)
    sink = rows(tmp_path).with_rolling_policy(policy).with_bucket_check_interval(1_000).build()
    driver = sink_driver(sink)
    driver.write("a")
    driver.time.advance_to(2_000)
    assert not visible(tmp_path)
    driver.time.advance_to(3_000)  # inactive
    assert content(tmp_path) == "a\n"
    for now in range(4_000, 16_000, 1_000):
        driver.write("x")
        driver.time.advance_to(now)
    assert len(visible(tmp_path)) == 2  # too old
    driver.finish()


def test_a_policy_of_ones_own(tmp_path, sink_driver):
    class AtMarks(RollingPolicy):
        def should_roll_on_event(self, part_file_state, element):
            assert part_file_state.get_bucket_id() == ""
            return element == "mark"

    driver = sink_driver(rows(tmp_path).with_rolling_policy(AtMarks()).build())
    driver.write("a", "mark", "b", "mark")
    driver.finish()
    assert sorted(p.read_text() for p in visible(tmp_path)) == ["a\n", "mark\n", "mark\nb\n"]


def test_nothing_is_final_before_the_commit(tmp_path, sink_driver):
    policy = RollingPolicy.on_checkpoint_rolling_policy()
    driver = sink_driver(rows(tmp_path).with_rolling_policy(policy).build(), checkpointing=True)
    driver.write("a")
    driver.checkpoint()
    assert not visible(tmp_path)
    assert ".inprogress." in hidden(tmp_path)[0].name
    prepared = list(driver.prepared)
    driver.commit()
    assert content(tmp_path) == "a\n"
    driver.committer.commit(pickle.loads(pickle.dumps(prepared)))  # again, after a failure
    assert content(tmp_path) == "a\n"
    driver.writer.close()


def test_a_failure_leaves_nothing_final(tmp_path, sink_driver):
    driver = sink_driver(rows(tmp_path).build())
    driver.write("a")
    driver.writer.close()
    assert not visible(tmp_path)
    assert not hidden(tmp_path)


def test_a_lost_in_progress_file_is_an_error(tmp_path, sink_driver):
    driver = sink_driver(rows(tmp_path).build(), checkpointing=True)
    driver.write("a")
    driver.prepared = driver.writer.prepare_commit(True)
    os.remove(hidden(tmp_path)[0])
    with pytest.raises(JobExecutionError, match="cannot be committed: neither"):
        driver.commit()
    driver.writer.close()


@pytest.mark.parametrize("kind", [FileSink, StreamingFileSink])
def test_a_killed_writer_goes_on_from_its_checkpoint(tmp_path, sink_driver, kind):
    sink = rows(tmp_path, kind).build()
    killed = sink_driver(sink, checkpointing=True)
    killed.write("a", "b")
    state = pickle.loads(pickle.dumps(killed.checkpoint()))
    killed.write("lost, and written again by the next attempt" * 500)
    killed.writer.flush(False)
    again = sink_driver(sink, checkpointing=True, states=state)
    again.write("c")
    again.checkpoint(2)
    again.commit()
    again.write("d")
    again.finish()
    assert content(tmp_path) == "a\nb\nc\nd\n"
    assert not hidden(tmp_path)
    killed.writer._buckets[""]._part._stream.close()


def test_a_zombie_that_goes_on_writing_changes_nothing(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    zombie = sink_driver(sink, checkpointing=True)
    zombie.write("a")
    state = zombie.checkpoint()
    again = sink_driver(sink, checkpointing=True, states=state)
    zombie.write("z" * 100_000)
    again.write("b")
    zombie.write("z" * 100_000)
    again.finish()
    zombie.writer.close()
    assert content(tmp_path) == "a\nb\n"


def test_a_file_stays_until_its_copy_is_safe(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    first = sink_driver(sink, checkpointing=True)
    first.write("a")
    state = first.checkpoint()
    first.writer.close()
    for value in "bc":  # two attempts die before their first checkpoint is complete
        again = sink_driver(sink, checkpointing=True, states=state)
        again.write(value)
        again.checkpoint(2)
        again.writer.close()
    last = sink_driver(sink, checkpointing=True, states=state)
    last.write("d")
    last.finish()
    assert content(tmp_path) == "a\nd\n"


def test_a_file_of_another_job_is_not_deleted(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    other = sink_driver(sink, checkpointing=True)
    other.writer._settings.context.job_id = "another job"
    other.write("a")
    state = other.checkpoint()
    again = sink_driver(sink, checkpointing=True, states=state)
    again.finish()
    assert content(tmp_path) == "a\n"
    assert len(hidden(tmp_path)) == 1
    other.write("b")
    other.finish()
    assert content(tmp_path) in ("a\nb\n", "a\na\nb\n")


def test_files_that_no_checkpoint_knows_go_with_their_writer(tmp_path, sink_driver):
    policy = RollingPolicy.default_rolling_policy(part_size=1)
    sink = rows(tmp_path).with_rolling_policy(policy).build()
    driver = sink_driver(sink, checkpointing=True)
    driver.write("a")
    driver.checkpoint()
    driver.write("b", "c")  # the first closes the file of the checkpoint
    assert len(hidden(tmp_path)) == 3
    driver.writer.close()
    (kept,) = hidden(tmp_path)
    assert kept.read_text() == "a\n"


def test_what_became_final_after_a_checkpoint_is_not_resumed(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    job = sink_driver(sink, checkpointing=True)
    job.write("a")
    state = job.checkpoint()
    job.write("b")
    job.finish()
    again = sink_driver(sink, checkpointing=True, states=state)
    again.write("b")
    again.finish()
    assert sorted(p.read_text() for p in visible(tmp_path)) == ["a\nb\n", "b\n"]


def test_an_unfinished_file_that_is_gone_names_the_ways_out(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    job = sink_driver(sink, checkpointing=True)
    job.write("a")
    state = job.checkpoint()
    job.writer.close()
    os.remove(hidden(tmp_path)[0])
    with pytest.raises(JobExecutionError, match="restore a later checkpoint, or a savepoint"):
        sink_driver(sink, checkpointing=True, states=state)


def test_a_repeated_commit_does_not_mind_files_that_were_moved_away(tmp_path, sink_driver):
    driver = sink_driver(rows(tmp_path).build(), checkpointing=True)
    driver.write("a")
    prepared = driver.writer.prepare_commit(True)
    driver.committer.commit(prepared)
    os.remove(visible(tmp_path)[0])
    warnings = []
    driver.committer.warn = warnings.append
    driver.committer.commit_again(prepared)
    assert "neither it nor" in warnings[0]
    driver.writer.close()


def test_two_states_in_one_writer_after_scaling_down(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    states = []
    for value in "ab":
        driver = sink_driver(sink, checkpointing=True)
        driver.write(value)
        states += driver.checkpoint()
        driver.writer.close()
    again = sink_driver(sink, checkpointing=True, states=states)
    again.write("c")
    again.finish()
    assert sorted(content(tmp_path).split()) == ["a", "b", "c"]


def test_a_shortened_file_is_noticed(tmp_path, sink_driver):
    sink = rows(tmp_path).build()
    driver = sink_driver(sink, checkpointing=True)
    driver.write("abc")
    states = driver.checkpoint()
    driver.writer.close()
    hidden(tmp_path)[0].write_text("")
    with pytest.raises(OSError, match="has 0 bytes, but the checkpoint says that 4"):
        sink_driver(sink, checkpointing=True, states=states)


def test_streaming_file_sink_names_files_by_subtask(tmp_path, sink_driver):
    sink = rows(tmp_path, StreamingFileSink).with_rolling_policy(
        policy=RollingPolicy.default_rolling_policy(part_size=1)
    )
    for _ in range(2):  # a second run keeps what the first wrote
        driver = sink_driver(sink.build(), subtask=3)
        driver.write("a", "b")
        driver.finish()
    assert [p.name for p in visible(tmp_path)] == [f"part-3-{i}" for i in range(4)]
    assert content(tmp_path) == "a\nb\na\nb\n"
    assert isinstance(sink.build().sink, StreamingFileSink)


def test_streaming_file_sink_never_gives_a_name_twice(tmp_path, sink_driver):
    sink = (
        rows(tmp_path, StreamingFileSink)
        .with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
        .build()
    )
    killed = sink_driver(sink, checkpointing=True)
    killed.write("a")
    states = killed.checkpoint()
    again = sink_driver(sink, checkpointing=True, states=states)
    again.prepared = killed.prepared
    again.commit()
    again.write("b")
    again.finish()
    assert content(tmp_path) == "a\nb\n"


def test_a_record_that_cannot_be_encoded(tmp_path, sink_driver):
    from hurtig.common.typeinfo import Types

    encoder = JsonLinesEncoder(Types.ROW_NAMED(["a"], [Types.INT()]))
    base = BucketAssigner.base_path_bucket_assigner()
    sink = FileSink.for_row_format(str(tmp_path), encoder).with_bucket_assigner(base).build()
    driver = sink_driver(sink)
    with pytest.raises(BadRecordError, match="has 2 fields"):
        driver.write((1,), (2, 3))
    driver.bad_records.policy = "skip"
    driver.write((1,), (2, 3), (4,))
    driver.finish()
    assert content(tmp_path) == '{"a":1}\n{"a":4}\n'


class Picky(Encoder):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def encode(self, element):
        self.calls += 1
        return b"%d\n" % (10 // element)


def test_an_encoder_that_raises(tmp_path, sink_driver):
    encoder = Picky()
    base = BucketAssigner.base_path_bucket_assigner()
    sink = FileSink.for_row_format(str(tmp_path), encoder).with_bucket_assigner(base).build()
    driver = sink_driver(sink)
    with pytest.raises(UserFunctionError, match=r"(?s)10 // element.*record    0"):
        driver.write(1, 0)
    driver.bad_records.policy = "skip"
    encoder.calls = 0
    driver.write(0, 1, 0, 0, 2, 0)
    driver.finish()
    assert content(tmp_path) == "10\n5\n"
    assert (encoder.calls, driver.bad_records.skipped) == (6, 4)


def test_an_assigner_that_raises(tmp_path, sink_driver):
    class Broken(BucketAssigner):
        def get_bucket_id(self, element, context):
            return element["bucket"]

    driver = sink_driver(rows(tmp_path).with_bucket_assigner(Broken()).build())
    with pytest.raises(UserFunctionError, match=r"(?s)element\[\"bucket\"\].*record    {'a': 1}"):
        driver.write({"a": 1})
    driver.writer.close()


def csv_sink(path):
    schema = CsvSchema.builder().add_number_column("n").add_string_column("s").set_use_header()
    return FileSink.for_bulk_format(
        str(path), CsvBulkWriters.for_schema(schema.build())
    ).with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())


def test_bulk_files_end_at_each_checkpoint(tmp_path, sink_driver):
    driver = sink_driver(csv_sink(tmp_path).build(), checkpointing=True)
    driver.write((1, "a"))
    assert driver.checkpoint() == []
    driver.commit()
    driver.write(Row(n=2, s="b,c"))
    driver.finish()
    assert sorted(p.read_text() for p in visible(tmp_path)) == ["n,s\n1,a\n", 'n,s\n2,"b,c"\n']


def test_bulk_formats_need_a_checkpoint_policy(tmp_path):
    with pytest.raises(ValueError, match="bulk formats need an OnCheckpointRollingPolicy"):
        csv_sink(tmp_path).with_rolling_policy(RollingPolicy.default_rolling_policy())


def compacting(path, strategy, compactor):
    policy = RollingPolicy.on_checkpoint_rolling_policy()
    return rows(path).with_rolling_policy(policy).enable_compact(strategy, compactor).build()


def test_compaction_after_checkpoints(tmp_path, sink_driver):
    strategy = FileCompactStrategy.builder().enable_compaction_on_checkpoint(2).build()
    compactor = FileCompactor.concat_file_compactor(b"--\n")
    driver = sink_driver(compacting(tmp_path, strategy, compactor), checkpointing=True)
    for value in "abc":
        driver.write(value)
        driver.checkpoint()
        driver.commit()
    names = [p.name for p in visible(tmp_path)]
    assert [n.startswith("compacted-part-") for n in names] == [True, False]
    assert content(tmp_path) == "a\n--\nb\nc\n"
    driver.finish()
    assert all(p.name.startswith("compacted-part-") for p in visible(tmp_path))
    assert not hidden(tmp_path)


def test_compaction_at_a_size_on_several_threads(tmp_path, sink_driver):
    builder = FileCompactStrategy.builder().set_size_threshold(4).set_num_compact_threads(2)
    sink = compacting(tmp_path, builder.build(), FileCompactor.identical_file_compactor())
    driver = sink_driver(sink, checkpointing=True)
    driver.write("a")
    driver.checkpoint()
    driver.commit()
    assert visible(tmp_path)[0].name.startswith("part-")
    driver.write("b")
    driver.checkpoint()
    driver.commit()
    assert [p.name[:14] for p in visible(tmp_path)] == ["compacted-part"] * 2
    driver.writer.close()


def test_a_crash_within_compaction_duplicates_nothing(tmp_path, sink_driver, monkeypatch):
    strategy = FileCompactStrategy.builder().enable_compaction_on_checkpoint(1).build()
    sink = compacting(tmp_path, strategy, FileCompactor.concat_file_compactor())
    driver = sink_driver(sink, checkpointing=True)
    driver.write("a")
    driver.checkpoint()

    def crash(self, path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalFileSystem, "delete", crash)
        with pytest.raises(KeyboardInterrupt):
            driver.commit()
    assert content(tmp_path) == "a\na\n"
    driver.writer.close()
    again = sink_driver(sink, checkpointing=True)
    again.write("b")
    again.finish()
    assert sorted(content(tmp_path)) == sorted("a\nb\n")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FileCompactStrategy.builder().build(), "needs set_size_threshold"),
        (lambda: RollingPolicy.default_rolling_policy(part_size=0), "part_size .* positive"),
        (lambda: OutputFileConfig("a/b", ""), "without '/'"),
        (lambda: BucketAssigner.date_time_bucket_assigner("yyyy", "Mars/X"), "unknown time zone"),
        (lambda: BucketAssigner.date_time_bucket_assigner("bbb"), "'b' is not supported"),
    ],
)
def test_wrong_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_committer_survives_an_empty_commit():
    FileCommitter(LocalFileSystem(), None).commit([])
    strategy = FileCompactStrategy.builder().set_size_threshold(1).build()
    compactor = FileCompactor.concat_file_compactor()
    compaction = Compaction(LocalFileSystem(), "/nowhere", strategy, compactor)
    FileCommitter(LocalFileSystem(), compaction).commit([])


def test_an_older_checkpoint_can_be_restored_after_a_newer_one(tmp_path, sink_driver):
    """The newest one may be damaged: what older ones need stays until the end."""
    sink = rows(tmp_path, FileSink).build()
    first = sink_driver(sink, checkpointing=True)
    first.write("a")
    state = pickle.loads(pickle.dumps(first.checkpoint()))
    second = sink_driver(sink, checkpointing=True, states=state)
    second.write("b")
    second.checkpoint(2)
    second.commit()
    third = sink_driver(sink, checkpointing=True, states=state)
    third.write("b")
    third.finish()
    assert content(tmp_path) == "a\nb\n"
    for killed in (first, second):
        killed.writer._buckets[""]._part._stream.close()
