"""Services without widgets: background jobs, child processes, instruments, simulators, runs."""
