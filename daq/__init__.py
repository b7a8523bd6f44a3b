"""HOW a run happens and is kept: plan, runner, guardian, run file, results file."""

from daq.execution.bench import Bench, RunInProgress, attach, runs_in_progress
from daq.execution.unconfirmed_outputs import confirm_off, unconfirmed_outputs
from daq.files.finalize import Recovery, recover
from daq.files.readers.delimited import TextRecord, import_record, read_text
from daq.files.results import Process, is_results, read_process, results_path, write_process
from daq.files.run import Findings, Run, open_run
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus

__all__ = [
    "Bench",
    "Findings",
    "Outcome",
    "OutputState",
    "Phase",
    "Process",
    "Recovery",
    "Run",
    "RunInProgress",
    "RunState",
    "RunStatus",
    "TextRecord",
    "attach",
    "confirm_off",
    "import_record",
    "is_results",
    "open_run",
    "read_process",
    "read_text",
    "recover",
    "results_path",
    "runs_in_progress",
    "unconfirmed_outputs",
    "write_process",
]
