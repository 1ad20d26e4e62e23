"""The commands of ``autograder``: options, printing, exit codes."""
