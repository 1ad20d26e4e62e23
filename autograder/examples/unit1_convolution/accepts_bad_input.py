"""Right on valid input, and lets everything else through."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1


def build(work):
    work.solve(0)
    for task in ("conv2d_valid", "pad2d", "dilate_kernel", "conv2d"):
        lines = work.cell(task).source.split("\n")
        kept = []
        for line in lines:
            if "raise ValueError" in line:
                kept.pop()  # the `if` above it
            elif "_check_" not in line:
                kept.append(line)
        work.write(task, "\n".join(kept))
