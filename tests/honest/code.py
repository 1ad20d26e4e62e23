"""How they write: style, speed, and what a function does besides its result."""

from autograder.units import CONTENT as content
from autograder.units.unit1_convolution import variants
from tests.honest import changed, honest

FUNCTIONS = ("conv2d_valid", "pad2d", "dilate_kernel", "conv2d")


def around(work, task, source):
    """Call the right function of a task ``really_<task>``, and write another one around it."""
    changed(work, task, f"def {task}(", f"def really_{task}(")
    work.write(task, work.cell(task).source + "\n\n" + source)


@honest(says=["Output truncated"])
def prints_thousands_of_lines(work):
    """Prints 2,000 lines in every call of pad2d, and never took it out."""
    around(
        work,
        "pad2d",
        """
def pad2d(x, pad, value=0.0):
    for number in range(2000):
        print("pad2d", number, "of shape", np.shape(x))
    return really_pad2d(x, pad, value)
""",
    )


@honest()
def computes_slowly(work):
    """Plain loops everywhere, and every call of pad2d takes a third of a second."""
    for task in FUNCTIONS:
        work.use(task, next(iter(content.find(task).variants.values())))
    around(
        work,
        "pad2d",
        """
def pad2d(x, pad, value=0.0):
    for _ in range(5_000_000):
        pass
    return really_pad2d(x, pad, value)
""",
    )


@honest()
def leaves_figures_in_a_function(work):
    """Draws the kernel in every call of dilate_kernel, with plt.figure() and plt.show()."""
    around(
        work,
        "dilate_kernel",
        """
def dilate_kernel(w, dilation):
    import matplotlib.pyplot as plt

    plt.figure(figsize=(1, 1))
    plt.plot(np.ravel(w))
    plt.show()
    return really_dilate_kernel(w, dilation)
""",
    )


@honest()
def assigns_a_lambda_a_partial_and_an_object(work):
    """Assigns a lambda, a functools.partial and an object with __call__ in place of a def."""
    around(work, "pad2d", "pad2d = lambda x, pad, value=0.0: really_pad2d(x, pad, value)")
    around(
        work,
        "dilate_kernel",
        """
from functools import partial

def spread(how, w, dilation):
    return how(w, dilation)

dilate_kernel = partial(spread, really_dilate_kernel)
""",
    )
    around(
        work,
        "conv2d_valid",
        """
class Convolution:
    def __call__(self, x, w, b=None):
        return really_conv2d_valid(x, w, b)

conv2d_valid = Convolution()
""",
    )


@honest()
def times_every_call(work):
    """Decorates every function with one that counts calls and prints how long each took."""
    work.after(
        "setup",
        """
import functools, time
calls = []

def timed(function):
    @functools.wraps(function)
    def around(*args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            calls.append(function.__name__)
            print(f"{function.__name__}, call {len(calls)}: {time.perf_counter() - start:.1e} s")
    return around
""",
    )
    for task in FUNCTIONS:
        work.write(task, "@timed\n" + work.cell(task).source)


@honest()
def compiles_if_it_can(work):
    """Tries numba and pandas in the solution cell and does without where they are not there."""
    tries = """
import math
try:
    from numba import njit
except ImportError:
    njit = lambda function: function
try:
    import pandas as pd
except ModuleNotFoundError:
    pd = None

@njit
"""
    work.write("pad2d", tries.lstrip() + work.cell("pad2d").source)


@honest()
def annotates_and_guards(work):
    """Type hints with an alias, a long docstring, and a demonstration for __main__ behind it."""
    work.after("setup", "from __future__ import annotations\nPair = tuple[int, int]")
    hints = "def pad2d(x: np.ndarray, pad: int | Pair, value: float = 0.0) -> np.ndarray:"
    changed(work, "pad2d", "def pad2d(x, pad, value=0.0):", hints)
    demonstration = '\n\nif __name__ == "__main__":\n    print(pad2d(np.ones((1, 1, 1, 1)), 1))'
    work.write("pad2d", work.cell("pad2d").source + demonstration)


@honest()
def keeps_helpers_in_other_cells(work):
    """Helpers and constants in other cells, under names that practice cells use for theirs."""
    work.after("numbers_conv2d_valid_by_hand", "known = lambda pad: np.broadcast_to(pad, 2)")
    work.after("practice_conv2d_valid", "none, tall, FILL = 'float', 4, 0.0")
    work.write(
        "pad2d",
        """
def pad2d(x, pad, value=FILL):
    rows, columns = known(pad)
    if min(rows, columns) < 0:
        raise ValueError("pad below 0")
    if np.ndim(x) != tall:
        raise ValueError("x needs 4 dimensions")
    x = x if x.dtype.kind == "f" else x.astype(none)
    n, c, h, w = x.shape
    out = np.full((n, c, h + 2 * rows, w + 2 * columns), value, x.dtype)
    out[:, :, rows : rows + h, columns : columns + w] = x
    return out
""",
    )


@honest()
def recurses(work):
    """Pads by one row or column a call, each calling the next; a generator makes the strips."""
    work.write(
        "pad2d",
        """
def strips(x, axis, value):
    shape = list(x.shape)
    shape[axis] = 1
    yield np.full(shape, value, x.dtype)
    yield x
    yield np.full(shape, value, x.dtype)


def pad2d(x, pad, value=0.0):
    if np.ndim(x) != 4:
        raise ValueError("x: 4 dimensions please")
    ph, pw = (pad, pad) if np.ndim(pad) == 0 else pad
    if ph < 0 or pw < 0:
        raise ValueError("pad must not be negative")
    x = np.array(x, dtype=x.dtype if np.issubdtype(x.dtype, np.floating) else float)
    if ph:
        return pad2d(np.concatenate(list(strips(x, 2, value)), axis=2), (ph - 1, pw), value)
    if pw:
        return pad2d(np.concatenate(list(strips(x, 3, value)), axis=3), (ph, pw - 1), value)
    return x
""",
    )


@honest()
def remembers_with_lru_cache(work):
    """functools.lru_cache on a helper that makes a pair of a number; it gets no arrays."""
    work.write(
        "dilate_kernel",
        """
from functools import lru_cache

@lru_cache(maxsize=None)
def pair(value):
    return (value, value) if isinstance(value, int) else value

def dilate_kernel(w, dilation):
    rows, columns = pair(dilation)
    if rows < 1 or columns < 1:
        raise ValueError(f"dilation is {dilation}")
    if w.ndim != 4:
        raise ValueError(f"w has {w.ndim} dimensions")
    f, c, h, k = w.shape
    kind = w.dtype if w.dtype.kind == "f" else float
    out = np.zeros((f, c, (h - 1) * rows + 1, (k - 1) * columns + 1), kind)
    out[..., ::rows, ::columns] = w
    return out
""",
    )


@honest()
def writes_into_copies(work):
    """Writes into copies of the arguments, and returns a view of something larger."""
    around(
        work,
        "conv2d",
        """
def conv2d(x, w, b=None, stride=1, pad=0, dilation=1):
    x, w = x.copy(), w.copy()
    out = really_conv2d(x, w, b, stride, pad, dilation)
    x *= 0
    w += 1
    return np.concatenate([out, out])[: len(out)]
""",
    )


@honest()
def sums_in_single_precision(work):
    """Adds up pictures of float32 in float32, in another order than we do."""
    around(
        work,
        "conv2d_valid",
        """
def conv2d_valid(x, w, b=None):
    out = really_conv2d_valid(x, w, b)
    if x.dtype == np.float32:
        out = sum(really_conv2d_valid(x[:, [c]], w[:, [c]]) for c in range(x.shape[1])[::-1])
        out = out if b is None else out + np.float32(b)[:, None, None]
    return out
""",
    )


@honest()
def warns_like_a_library(work):
    """Warns at every call of pad2d, and lets NumPy raise where it would warn."""
    work.after("setup", 'np.seterr(all="raise")\nnp.set_printoptions(precision=2, suppress=True)')
    around(
        work,
        "pad2d",
        """
import warnings

def pad2d(x, pad, value=0.0):
    warnings.warn("pad2d is slow")
    warnings.warn("and old", DeprecationWarning)
    return really_pad2d(x, pad, value)
""",
    )


@honest()
def makes_warnings_errors(work):
    """Every warning is an error from the second cell on."""
    work.after("setup", 'import warnings\nwarnings.simplefilter("error")')


@honest()
def convolves_by_fourier_transform(work):
    """NumPy warns of discarded imaginary parts at every call."""
    work.use("conv2d_valid", variants.conv2d_valid__fourier)


@honest()
def computes_in_threads(work):
    """A thread for every picture, started and ended within the call."""
    around(
        work,
        "conv2d_valid",
        """
from concurrent.futures import ThreadPoolExecutor

def conv2d_valid(x, w, b=None):
    really_conv2d_valid(x, w, b)
    with ThreadPoolExecutor(4) as pool:
        return np.concatenate(list(pool.map(lambda one: really_conv2d_valid(one[None], w, b), x)))
""",
    )


@honest()
def writes_in_other_languages(work):
    """Names, comments and what is printed in Greek, French, German and Chinese."""
    work.after("setup", "def größe(π):\n    print('Größe: → ∑', π, '卷积 🙂')\n    return π")
    source = work.cell("pad2d").source
    work.write("pad2d", f"# Ajouté à la main, ça marche. 填充。\n{source}\n\nprint(größe('été'))")


@honest()
def checks_the_answers_by_hand(work):
    """By-hand cells that keep their first line, with sums in place of numbers and an assert."""
    for task in ("conv2d_valid_by_hand", "pad2d_by_hand", "conv2d_by_hand"):
        answer = work.cell(task).source.partition(" = ")[2]
        work.write(
            task,
            f'mine = numbers.draw("{task}", STUDENT_ID)\n\n'
            f"# from paper\n{task} = [[0 + v for v in row] for row in {answer}]\n"
            f"print({task})\nassert len({task}) == 2, 'two rows'",
        )
