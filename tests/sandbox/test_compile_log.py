"""What cells compile is noted in each sandbox; what IPython and libraries compile is not."""

import pytest

from autograder.sandbox.inside import compile_log
from autograder.untrusted.overlap import Compiled
from tests.sandboxed import need, session_of, text

pytestmark = pytest.mark.slow(10)


@pytest.fixture(params=["forked", "bubblewrap", "landlock", "none"])
def session(request):
    """A session; the first is forked from the template, the second a process started anew."""
    kind = "bubblewrap" if request.param == "forked" else request.param
    with session_of(need(kind), warm=request.param == "forked") as made:
        yield made


COMPILING = {
    "exec": "exec('hidden = 1')",
    "eval": "eval('(hidden := 1) # hidden = 1')",
    "exec of bytes": "exec(b'hidden = 1')",
    "base85": "import base64\nexec(base64.b85decode(base64.b85encode(b'hidden = 1')))",
    "compile": "exec(compile('hidden = 1', 'a name', 'exec'))",
    "the name of a library's file": "import ast\nexec(compile('hidden = 1', ast.__file__, 'exec'))",
    "the name of a cell": "import inspect\n"
    "name = inspect.currentframe().f_code.co_filename\nexec(compile('hidden = 1', name, 'exec'))",
    "a cell of its own": "get_ipython().run_cell('hidden = 1')",
    "a written module": "with open('new.py', 'w') as file:\n    file.write('hidden = 1')\n"
    "import new",
    "a thread": "import threading\n"
    "thread = threading.Thread(target=exec, args=('hidden = 1', {}))\n"
    "thread.start()\nthread.join()",
    "a library": "import timeit\ntimeit.Timer('hidden = 1').timeit(1)",
}


@pytest.mark.parametrize("source", COMPILING.values(), ids=COMPILING)
def test_the_source_is_noted_of(source):
    with session_of("none") as session:
        session.run(source)
        compiled = session.compiled()
    assert any("hidden = 1" in text for text in compiled.sources)
    assert not compiled.sourceless


def test_it_is_noted_in_every_sandbox(session):
    session.run(COMPILING["base85"])
    session.run(COMPILING["a written module"])
    assert session.compiled() == Compiled(("hidden = 1",))


HONEST = {
    "statements": "def f(x):\n    return x\n\nf(1)",
    "one line": "1 + 1",
    "a magic": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "a command": "!true",
    "help": "import numpy as np\n?np.sum",
    "the source of a class": "import inspect\nfrom course import practice\n"
    "inspect.getsource(practice.NotYet)",
    "dataclasses and named tuples": "import collections, dataclasses\n"
    "@dataclasses.dataclass(frozen=True)\nclass A:\n    x: int = 0\n"
    "B = collections.namedtuple('B', 'x y')",
    "NumPy": "import numpy as np\nnp.vectorize(lambda x: x + 1)(np.arange(3))",
    "a literal": "import ast\nast.literal_eval('[1, 2]')",
    "the course": "import course.images, course.numbers, course.plots, course.practice",
    "an error": "def f():\n    raise ValueError('no')\n\nf()",
    "a shown error": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
    "    traceback.print_exc()",
    "a syntax error": "def f(:\n",
}


def test_nothing_is_noted_of_an_ordinary_cell(session):
    for name, source in HONEST.items():
        session.run(source)
        assert session.compiled() == Compiled(), name


WITHOUT_SOURCE = {
    "marshal": "import marshal\nexec(marshal.loads(marshal.dumps(f.__code__)))",
    "a code object": "import types\nf.__code__ = f.__code__.replace(co_name='g')",
    "a syntax tree": "import ast\nexec(compile(ast.parse('1'), 'a name', 'exec'))",
}


@pytest.mark.parametrize("source", WITHOUT_SOURCE.values(), ids=WITHOUT_SOURCE)
def test_code_without_source_is_noted_that_comes_from(source):
    with session_of("none") as session:
        session.run(f"def f():\n    pass\n\n{source}")
        assert session.compiled() == Compiled(sourceless=True)


def test_a_source_is_kept_once_and_all_together_are_limited():
    most = compile_log.MAX_SOURCES
    with session_of("none") as session:
        session.run("for _ in range(9):\n    exec('a = 1')")
        assert session.compiled() == Compiled(("a = 1",))
        session.run(f"for n in range(9):\n    exec(f'# {{n}}' + '#' * {most // 4})")
        compiled = session.compiled()
    assert sum(map(len, compiled.sources)) == most
    assert compiled.cut


def test_what_is_compiled_in_a_call_is_not_noted():
    """Hidden inputs could be in it, and they stay where they are."""
    with session_of("none", snapshots=1) as session:
        session.run("def f(x):\n    return eval(f'{x} + 1')")
        remote = session.snapshot("f", by_value=False)
        assert remote.observe((41,), {}).value == 42
        assert session.compiled() == Compiled()


def test_the_hook_lets_everything_pass(session):
    assert text(session, "print(eval('6 * 7'), id(0) == id(0))") == "42 True"


def test_what_a_function_compiles_when_it_is_called_is_noted():
    with session_of("none", 1) as session:
        session.run("exec('before = 1')\ndef f(source):\n    exec(source)\n    return 5")
        remote = session.snapshot("f", by_value=False)
        assert session.compiled() == Compiled(("before = 1",))
        assert remote.compiled() == Compiled()
        assert remote.observe(("hidden = 1",), {}).value == 5
        assert remote.compiled() == Compiled(("hidden = 1",))


def test_what_is_noted_in_several_places_is_noted_once():
    both = Compiled(("a", "b"), cut=True) + Compiled(("b", "c"), sourceless=True)
    assert both == Compiled(("a", "b", "c"), cut=True, sourceless=True)
