"""What every instrument can do, and what passes between it and a run."""
