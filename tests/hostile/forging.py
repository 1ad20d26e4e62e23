"""Points made up inside the student's own process."""

from tests.hostile import BY_HAND, FUNCTIONS, SERVING


def replaces_builtins(work):
    """Everything that could compare says that all is well."""
    work.after(
        "setup",
        "import builtins\n"
        "for name in 'all any isinstance len abs max min sum float str repr hash'.split():\n"
        "    try: setattr(builtins, name, lambda *a, **k: 1)\n"
        "    except Exception: pass\n",
    )


def replaces_numpy(work):
    """NumPy's comparing functions and constructors say that all is well."""
    work.everywhere(
        "return np.zeros(1)",
        "import numpy as np, numpy.testing\n"
        "for module in (np, np.testing, np.linalg, np._core.multiarray, np._core.numeric):\n"
        "    for name in dir(module):\n"
        "        if 'equal' in name or 'close' in name or 'assert' in name or name == 'asarray':\n"
        "            setattr(module, name, lambda *a, **k: True)\n"
        "np.ndarray = object\n",
    )


def prints_from_ipython_events(work):
    """Hooks before and after every cell print points and raise."""
    work.after(
        "setup",
        "def said(*args): print('conv2d: 3 of 3 points\\n3.0')\n"
        "def fails(*args): raise SystemExit\n"
        "for event in 'pre_execute pre_run_cell post_execute post_run_cell'.split():\n"
        "    get_ipython().events.register(event, said)\n"
        "    get_ipython().events.register(event, fails)\n",
    )


def rewrites_every_cell(work):
    """Transformers of the input and of the syntax tree turn every later cell into points."""
    work.after(
        "setup",
        "ip = get_ipython()\n"
        "ip.input_transformers_cleanup.append(lambda lines: ['15.0\\n'])\n"
        "ip.input_transformers_post.append(lambda lines: ['15.0\\n'])\n"
        "ip.compile.__class__.ast_parse = lambda *a, **k: __import__('ast').parse('15.0')\n",
    )


def replaces_the_shell(work):
    """The shell's own methods, its display hook, its namespace and its magics are replaced."""
    work.after(
        "setup",
        "ip = get_ipython()\n"
        "class Full(dict):\n"
        "    def __missing__(self, key): return lambda *a, **k: 1\n"
        "    def __getitem__(self, key): return lambda *a, **k: 1\n"
        "ip.user_ns = Full(ip.user_ns)\n"
        "type(ip).run_cell = lambda *a, **k: type('R', (), dict(error_before_exec=None, "
        "error_in_exec=None, result=15.0, success=True))()\n"
        "import sys; sys.displayhook = print\n"
        "for kind in ip.magics_manager.magics.values(): kind.clear()\n",
    )


def formats_every_number_as_full_marks(work):
    """Formatters show any value as 15.0, and objects show themselves as results of all kinds."""
    work.after(
        "setup",
        "for kind in (float, int, str, type(None)):\n"
        "    for f in get_ipython().display_formatter.formatters.values():\n"
        "        f.for_type(kind, lambda *a: '15.0')\n"
        "class Full:\n"
        "    _ipython_display_ = None\n"
        "    def __repr__(self): return '15.0'\n"
        "    def _repr_mimebundle_(self, **k): return {'text/plain': '15.0', 'text/html': '15'}\n"
        "    __float__ = __int__ = __index__ = lambda self: 15\n"
        "Full()",
    )
    for task in BY_HAND:
        work.write(task, f"{task} = Full()\n{task}")


LIAR = """
import numpy as np
class Liar(np.ndarray):
    __class__ = property(lambda self: np.ndarray)
    shape = property(lambda self: Everything((2, 3, 6, 8)))
    ndim = property(lambda self: 4)
    dtype = property(lambda self: np.dtype("float64"))
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: np.True_
    __sub__ = __rsub__ = __add__ = __radd__ = lambda self, other: np.zeros(())
    __array_ufunc__ = lambda self, *a, **k: np.zeros(())
    __array_function__ = lambda self, *a, **k: True
    __array__ = lambda self, *a, **k: np.zeros(())
    __reduce__ = __reduce_ex__ = lambda self, *a: (print, ("points",))
class Everything(tuple):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __len__ = lambda self: 4
class Yes:
    __eq__ = __ne__ = __lt__ = __le__ = __contains__ = lambda self, other: True
    __hash__ = lambda self: 0
    __bool__ = lambda self: True
    __float__ = __index__ = __int__ = lambda self: 15
    __array__ = lambda self, *a, **k: np.ones(1)
    __array_interface__ = {"shape": (1,), "typestr": "<f8", "data": (0, False), "version": 3}
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *a, **k: self
    __iter__ = lambda self: iter([self])
"""


def equals_everything(work):
    """An object that claims to be an array, a number, a function, and equal to anything."""
    work.after("setup", LIAR)
    for task in (*FUNCTIONS, *BY_HAND):
        work.write(task, f"{task} = Yes()")


def lies_about_its_shape(work):
    """Arrays, masked arrays, matrices, records and memory maps whose methods lie."""
    work.after("setup", LIAR)
    values = (
        "np.zeros((2, 3, 6, 8)).view(Liar)",
        "np.ma.masked_all((2, 3, 6, 8))",
        "np.matrix([[1.0]])",
        "np.array([Yes()] * 4, dtype=object)",
    )
    for task, value in zip(FUNCTIONS, values, strict=True):
        work.write(task, f"def {task}(*args, **kwargs):\n    return {value}")
    for task in BY_HAND:
        work.write(task, f"{task} = np.ones((2, 2), dtype=[('a', float)]).view(np.recarray)")


def fills_with_nan(work):
    """NaN, infinity and numbers so large that differences vanish, in the right shape."""
    bodies = ("np.nan", "np.inf", "1e308", "-np.inf")
    out = "(len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1)"
    shapes = {
        "conv2d_valid": out,
        "pad2d": "(*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2)",
        "dilate_kernel": "x.shape",
        "conv2d": out,
    }
    for task, value in zip(FUNCTIONS, bodies, strict=True):
        work.write(
            task,
            f"def {task}(x, w=None, *a, **k):\n    w = x if np.ndim(w) == 0 else w\n"
            f"    return np.full({shapes[task]}, {value})",
        )
    for task in BY_HAND:
        work.write(task, f"{task} = np.full((2, 2), np.nan)")


def returns_nothing_at_all(work):
    """Empty arrays of all kinds, which compare as equal to anything in a careless check."""
    work.everywhere("return np.zeros((0, 4, 5, 6))")
    for task in BY_HAND:
        work.write(task, f"{task} = []")


def hopes_for_broadcasting(work):
    """One number in the place of an array, as a number and as arrays of one."""
    values = ("0.0", "np.zeros(())", "np.zeros((1, 1, 1, 1))", "np.float64(0)")
    for task, value in zip(FUNCTIONS, values, strict=True):
        work.write(task, f"def {task}(*args, **kwargs):\n    return {value}")
    for task in BY_HAND:
        work.write(task, f"{task} = 0")


def refuses_everything(work):
    """Raises a ValueError that names every argument, for valid input too."""
    work.everywhere(
        "raise ValueError('x w b pad ph pw dilation dh dw stride sh sw kernel channel dimension')"
    )


def raises_liars(work):
    """Exceptions whose type, text and traceback lie, or cannot be looked at."""
    setup = """
class ValueErrorLike(ValueError):
    __module__ = "builtins"
    __str__ = lambda self: 1 / 0
    __class__ = property(lambda self: 1 / 0)
ValueErrorLike.__name__ = "ok"
class Endless(BaseException):
    __module__ = "builtins"
    __str__ = lambda self: "x" * (1 << 28)
"""
    work.everywhere("raise (ValueErrorLike if kwargs else Endless)('x w b pad stride')", setup)


def walks_frames(work):
    """Looks through all frames, all objects and their referrers for a right answer to call."""
    setup = """
import gc, sys, types
def loot(name):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and "expected" in value:
                return lambda *a, **k: value["expected"]
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == name:
            if "reference" in thing.__module__ or "variants" in thing.__module__:
                return thing
    return lambda *a, **k: None
"""
    work.after("setup", setup)
    for task in FUNCTIONS:
        work.write(task, f"def {task}(*a, **k):\n    return loot('{task}')(*a, **k)")


def replaces_the_wire(work):
    """Replaces the code that packs answers, in `sys.modules` and wherever it is bound."""
    work.everywhere(
        "return None",
        """
import sys
wire = sys.modules["wire"]
wire.pack = lambda value, tensors, depth=0: {"scalar": "0"}
wire.DTYPES = type("All", (), {"__contains__": lambda self, name: True})()
old = wire.encode
wire.encode = lambda header, tensors=None: old(
    {**header, "points": 15, "score": 15, "fault": None, "expected": header.get("value")}, tensors
)
""",
    )


def replaces_the_observer(work):
    """Replaces the code that watches a call: nothing is ever changed, shared or warned of."""
    work.everywhere("return None")
    work.prepare(
        SERVING
        + """
observer = sys.modules["observe"]
observer.contents = lambda value: 0
observer.arrays_in = lambda value: ()
watched = dict(changed=[], aliased=False, warned=[])
serving["observe"] = lambda f, a, k: (a[0] if a else None, watched)
"""
    )


def replaces_the_main_module(work):
    """Replaces the functions that serve the grader, in the module that runs the cells."""
    work.prepare(
        SERVING
        + """
forged = {"value": True, "changed": [], "ok": True}, {}
serving["answer"] = lambda namespace, log, request, tensors: forged
serving["run_cell"] = lambda *args: [
    {"output_type": "stream", "name": "stdout", "text": "15.0"}
]
serving["cpu_limit"] = lambda seconds: __import__("contextlib").nullcontext()
serving["Stopped"] = ZeroDivisionError
"""
    )


def waits_for_the_end(work):
    """`atexit`, finalizers and threads that print and send answers when all is over."""
    work.after(
        "setup",
        """
import atexit, os, socket, threading, time, weakref
def late():
    print("conv2d: 3 of 3 points")
    for number in range(3, 40):
        try:
            mine = socket.socket(fileno=os.dup(number))
            mine.send((2).to_bytes(4, "big") + bytes(4) + b"{}")
        except OSError:
            pass
class Thing: pass
thing = Thing()
atexit.register(late)
weakref.finalize(thing, late)
def later():
    time.sleep(0.5)
    late()
threading.Thread(target=later).start()
""",
    )


def forks_inside_a_call(work):
    """The function forks: two processes return, and the child answers as well."""
    work.everywhere("import os\nos.fork()\nreturn np.zeros((1, 1, 3, 3))")


def traces_its_callers(work):
    """A profiler that runs in the grader's shell and changes what its functions hold."""
    work.after(
        "setup",
        """
import sys
def trace(frame, event, arg):
    if frame.f_code.co_name in ("serve", "handle", "answer"):
        frame.f_locals.clear()
        frame.f_locals["header"] = {"value": 1}
sys.setprofile(trace)
""",
    )


def replaces_what_carries_it(work):
    """JSON, safetensors, struct and sockets are replaced by ones that send points."""
    work.after(
        "setup",
        """
import json, safetensors.numpy, struct
old = json.dumps
json.dumps = lambda value, **k: old({**value, "score": 15.0, "aliased": False, "value": True}
                                    if isinstance(value, dict) and "id" in value else value)
safetensors.numpy.save = lambda tensors: b""
""",
    )


def imports_the_answers(work):
    """Imports the grader, the tests, later units' layers and anything that convolves."""
    setup = """
import importlib, sys
sys.path[:0] = ["/work", "/repo", "/src", ".", "..", "/grader", "/grader/runner"]
def found(name):
    for module in ("autograder.units.unit1_convolution.reference", "autograder", "reference",
                   "autograder.units.unit1_convolution.variants", "course.nn",
                   "autograder.examples"):
        try:
            return getattr(importlib.import_module(module), name)
        except Exception:
            pass
"""
    work.after("setup", setup)
    for task in (*FUNCTIONS, *BY_HAND):
        work.write(task, f"{task} = found('{task}') or found('Conv2d')")


def turns_into_a_module(work):
    """Answers that are classes, modules, generators, coroutines and partial functions."""
    values = ("np", "(i for i in [1])", "__import__('functools').partial(print)", "type")
    for task, value in zip(FUNCTIONS, values, strict=True):
        work.write(task, f"{task} = {value}")
    for task in BY_HAND:
        work.write(task, f"async def {task}(): return 1")
