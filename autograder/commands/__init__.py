"""The commands of ``autograder``: their options, printed output and exit codes."""
