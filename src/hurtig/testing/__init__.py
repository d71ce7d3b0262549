"""Tools for tests of programs and of operators.

:class:`OperatorHarness` runs one operator or function: elements, watermarks and clock times in,
results out, with state that can be taken and restored between any two elements. The functions of
:mod:`hurtig.testing.job` run whole programs.
"""

from hurtig.testing.job import collect, collect_all, run_job, run_script
from hurtig.testing.operator_harness import OperatorHarness
from hurtig.testing.recorded_output import Record

__all__ = ["OperatorHarness", "Record", "collect", "collect_all", "run_job", "run_script"]
