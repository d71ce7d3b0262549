"""Counts words in files, or in a few lines of its own.

hurtig run examples/word_count.py [--input FILE_OR_FOLDER] [--output FOLDER]
"""

import argparse
import re

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    FileSource,
    StreamFormat,
)

LINES = [
    "The fog comes on little cat feet.",
    "It sits looking over harbor and city on silent haunches",
    "and then moves on.",
]


def words(line):
    for word in re.findall(r"\w+", line.lower()):
        yield word, 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts words.")
    parser.add_argument("--input", help="a text file or a folder with such files")
    parser.add_argument("--output", help="folder for the counts; without it they are printed")
    arguments = parser.parse_args()

    env = StreamExecutionEnvironment.get_execution_environment()
    # The input ends: each count is written once, not at each of its words.
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)

    if arguments.input:
        source = FileSource.for_record_stream_format(
            StreamFormat.text_line_format(), arguments.input
        ).build()
        lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "files")
    else:
        lines = env.from_collection(LINES, Types.STRING())

    counts = (
        lines.flat_map(words, output_type=Types.TUPLE([Types.STRING(), Types.INT()]))
        .key_by(lambda pair: pair[0], key_type=Types.STRING())
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .map(lambda pair: f"{pair[0]} {pair[1]}", output_type=Types.STRING())
    )
    if arguments.output:
        counts.sink_to(
            FileSink.for_row_format(arguments.output, Encoder.simple_string_encoder())
            .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
            .build()
        )
    else:
        counts.print()
    env.execute("word count")


if __name__ == "__main__":
    main()
