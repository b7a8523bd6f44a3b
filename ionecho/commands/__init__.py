"""The commands of `ionecho`, one file each."""
