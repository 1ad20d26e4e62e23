"""Times the course's convolution side by side with PyTorch's: one thread, forward and backward.

The sizes are those of `course.networks.untrained`, the network of units 5 to 7, with batches of 32
and 64 pictures, in float32. Both compute the output and the gradients by weights, bias and x. They
take turns in one process, so that they see the same machine at nearly the same time; each time is
the median of its turns. Afterwards the results of both are compared: if they differ, the benchmark
fails. Only the ratio means anything on another machine, and it depends on the BLAS that NumPy was
built with, which is printed. The target is for each size, not for all together: PyTorch is slow
where there is only one channel, and that would hide the others. Without PyTorch there are our times
alone.
"""

import argparse
import os
import statistics
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read once, when NumPy is imported

import numpy as np

from course import nn

try:
    import torch
except ImportError:
    torch = None

BATCHES = (32, 64)
SIZES = ((1, 16, 32), (16, 32, 16), (32, 64, 8))  # channels, filters, side of the picture
KERNEL, PAD = 3, 1
TARGET = 3


def main():
    options = parser().parse_args()
    if torch is not None:
        torch.set_num_threads(1)
    times, wrong = run(options.repeats)
    print(table(times))
    if torch is not None:
        print("\n".join(wrong) or "Results: equal up to the rounding of float32.")
    sys.exit(1 if wrong else 0)


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks.convolution",
        description="Time the convolution of course.nn beside PyTorch's, on one thread.",
    )
    the_parser.add_argument(
        "--repeats", type=int, default=50, metavar="N", help="turns of each; default: 50"
    )
    return the_parser


# -- measuring ------------------------------------------------------------------------------------


def run(repeats):
    """Seconds as (batch, channels, filters, side) -> (ours, PyTorch's), and what differs."""
    rng, times, wrong = np.random.default_rng(0), {}, []
    for case in [(batch, *size) for batch in BATCHES for size in SIZES]:
        batch, channels, filters, side = case
        conv = nn.Conv(channels, filters, KERNEL, pad=PAD, rng=rng)
        x = rng.normal(size=(batch, channels, side, side)).astype(np.float32)
        grad = rng.normal(size=(batch, filters, side, side)).astype(np.float32)
        methods = [ours(conv, x, grad)]
        if torch is not None:
            methods.append(theirs(conv, x, grad))
        results = [method() for method in methods]  # not timed: the first call is slower
        spent = {method: [] for method in methods}
        for turn in range(repeats):
            for method in methods if turn % 2 else reversed(methods):
                start = time.perf_counter()
                method()
                spent[method].append(time.perf_counter() - start)
        times[case] = [statistics.median(seconds) for seconds in spent.values()]
        if torch is not None:
            wrong += [f"DIFFERENT at {case}: {name}" for name in differences(*results)]
    return times, wrong


def ours(conv, x, grad):
    """A function that returns our output and gradients."""

    def both():
        out = conv.forward(x)
        return [out, conv.backward(grad), conv.grads["w"], conv.grads["b"]]

    return both


def theirs(conv, x, grad):
    """A function that returns PyTorch's output and gradients."""
    x, w, b = (
        torch.tensor(array, requires_grad=True) for array in (x, conv.params["w"], conv.params["b"])
    )
    grad = torch.tensor(grad)

    def both():
        out = torch.nn.functional.conv2d(x, w, b, padding=PAD)
        return [out, *torch.autograd.grad(out, (x, w, b), grad)]

    return both


def differences(mine, other):
    """The names of the arrays that are not the same up to the rounding of float32."""
    for name, array, tensor in zip(("out", "dx", "dw", "db"), mine, other, strict=True):
        wanted = tensor.detach().numpy()
        if not np.abs(array - wanted).max() <= 1e-4 * np.abs(wanted).max():
            yield name


# -- what comes out -------------------------------------------------------------------------------


def table(times):
    """The times as text, and the line with the target."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    lines = [
        f"Convolution {KERNEL} × {KERNEL}, forward and backward, float32, one thread: "
        f"NumPy {np.__version__} with {blas['name']} {blas['version']}, "
        f"{f'PyTorch {torch.__version__}' if torch else 'no PyTorch'}",
        "",
        f"{'batch':>5}  {'channels':>9}  {'picture':>8}{'ours, ms':>12}"
        f"{'PyTorch, ms':>14}{'ours/PyTorch':>15}",
    ]
    for (batch, channels, filters, side), seconds in times.items():
        size = f"{batch:>5}  {f'{channels} → {filters}':>9}  {f'{side} × {side}':>8}"
        lines.append(size + row(seconds))
    together = np.sum(list(times.values()), axis=0)
    lines += [f"{'all':<26}" + row(together), ""]
    if torch is None:
        lines.append("To compare with PyTorch's: .venv/bin/python -m pip install torch")
    else:
        worst = max(mine / other for mine, other in times.values())
        reached = "reached" if worst <= TARGET else "NOT reached"
        lines.append(
            f"Target: at most {TARGET} times PyTorch at each size. "
            f"The largest ratio is {worst:.2f}: {reached}."
        )
    return "\n".join(lines)


def row(seconds):
    """Milliseconds of each method, and the ratio if there are two."""
    if len(seconds) == 1:
        return f"{1000 * seconds[0]:>12.2f}{'–':>14}{'–':>15}"
    mine, other = seconds
    return f"{1000 * mine:>12.2f}{1000 * other:>14.2f}{mine / other:>15.2f}"


if __name__ == "__main__":
    main()
