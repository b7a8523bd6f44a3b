"""Files of runs: layout, writer, reader, results, imports."""
