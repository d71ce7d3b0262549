"""``hurtig info``: shows what a program would run, without running it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from hurtig.cli import jobs as common

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph

__all__ = ["main"]

_USAGE = "hurtig info [options] job.py [arguments of job.py]"
_TITLE = " Execution Plan "
_EPILOG = """\
The program runs up to its first execute(). Its plan comes as JSON, in the form that Flink's plan
visualizer reads, and as a tree: one block a task, with the operators that are chained in it.
Options stand before the program; all that follows it is the program's own.

examples:
  hurtig info job.py
  hurtig info -p 4 job.py --in x
  hurtig info --json job.py > plan.json
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    from hurtig.cli import program_options

    parser = program_options.make_parser(
        "info", _USAGE, "Show the plan of a program without running it.", _EPILOG
    )
    actions = program_options.add_program_options(parser)
    actions.append(parser.add_argument("--json", action="store_true", help="only the JSON"))
    options, rest = program_options.parse(parser, actions, arguments)

    from hurtig.cli import failure
    from hurtig.cli.plan_capture import PlanCapturedError, capture_plans
    from hurtig.cli.program import ProgramNotFoundError

    try:
        program = program_options.program_of(options, rest)
    except ProgramNotFoundError as e:
        sys.stderr.write(f"hurtig info: {e}\n")
        return 2
    program_options.set_defaults(options)
    capture_plans()
    import hurtig

    hurtig.install_as_pyflink()
    try:
        program.run()
    except PlanCapturedError as captured:
        graph = captured.graph
        return common.command("info", lambda: _show(graph, options.json))
    except Exception as e:
        failure.report(e, program.file, verbose=options.verbose)
        return 1
    sys.stderr.write("hurtig info: the program ended without calling execute()\n")
    return 1


def _show(graph: JobGraph, only_json: bool) -> None:
    text = json.dumps(operator_plan(graph), indent=2)
    if only_json:
        print(text)
        return
    print(_TITLE.center(62, "-"))
    print(text)
    print("-" * 62)
    print()
    print("\n".join(tree(graph)))


def operator_plan(graph: JobGraph) -> dict[str, Any]:
    """All operators and what feeds them, numbered from 1 on."""
    numbers: dict[tuple[int, int], int] = {}
    nodes = []
    for vertex in graph.vertices:
        for index, node in enumerate(vertex.nodes):
            number = numbers[vertex.index, index] = len(numbers) + 1
            kind = "Data Source" if node.source is not None else "Operator"
            inputs = [
                (numbers[vertex.index, e.source], e.partitioner.name, 0)
                for e in vertex.chain_edges
                if e.target == index
            ]
            if index == 0:
                inputs += [
                    (numbers[e.source_vertex, e.source_node], e.partitioner.name, e.input_index)
                    for e in vertex.in_edges
                ]
            entry: dict[str, Any] = {
                "id": number,
                "type": node.name,
                "pact": "Data Sink" if node.is_sink else kind,
                "contents": node.description or node.name,
                "parallelism": vertex.parallelism,
            }
            if inputs:
                entry["predecessors"] = [
                    {"id": source, "ship_strategy": ship, "side": "first" if side else "second"}
                    for source, ship, side in inputs
                ]
            nodes.append(entry)
    return {"nodes": nodes}


def tree(graph: JobGraph) -> list[str]:
    """The chained job in lines."""
    kind = "batch" if graph.batch_mode else "streaming"
    lines = [f"{graph.name} ({kind})"]
    for vertex in graph.vertices:
        lines.append("")
        lines.append(
            f"task {vertex.index}  parallelism {vertex.parallelism}, at most "
            f"{vertex.max_parallelism}"
        )
        for edge in vertex.in_edges:
            source = graph.vertices[edge.source_vertex]
            output = f" (side output {edge.tag_id})" if edge.tag_id else ""
            lines.append(
                f"  <- {edge.partitioner.name}  from task {source.index}, "
                f"{source.nodes[edge.source_node].name}{output}"
            )
        lines += (f"  {node.name}  [uid {node.uid}]" for node in vertex.nodes)
    return lines
