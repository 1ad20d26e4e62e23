"""``autograder demo``: grade example submissions and show the scores."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "demo",
        "grade example submissions and show the scores",
        "Build a small course in build/demo, hand in example submissions (right, wrong, broken and "
        "hostile), grade them in the sandbox, write feedback, and print the scores.",
    )
    options.units(parser)
    options.workers(parser)


def run(chosen: argparse.Namespace) -> int:
    """Run the demonstration; returns the exit code: 1 if a score is not as expected."""
    from autograder.commands import demonstration

    return demonstration.run(chosen.units, chosen.jobs, chosen.sandbox)
