"""HOW a run happens and is kept: plan, runner, guardian, run file, results file."""

from daq.bench import Bench, RunInProgress, attach, runs_in_progress
from daq.closing import Recovery, recover
from daq.control import Outcome
from daq.importing import TextRecord, import_record, read_text
from daq.results import Process, is_results, read_process, results_path, write_process
from daq.run import Findings, Run, open_run
from daq.unconfirmed import confirm_off, unconfirmed_outputs

__all__ = [
    "Bench",
    "Findings",
    "Outcome",
    "Process",
    "Recovery",
    "Run",
    "RunInProgress",
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
