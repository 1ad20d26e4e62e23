"""More memory, time, processes, files and output than there is to be had."""

from tests.hostile import PAD, earns


def _in_a_function(work, task, body):
    work.write(task, f"def {task}(*args, **kwargs):\n" + "".join(f"    {s}\n" for s in body))


@earns(PAD)
def takes_all_memory(work):
    """Arrays until there is no memory left, in a cell and in a call."""
    work.solve_pad2d()
    work.after("setup", "kept = []\nwhile True: kept.append(np.ones(10_000_000))")
    work.write("conv2d", "def conv2d(*a, **k):\n    return np.ones((1 << 16, 1 << 16))")


def spreads_memory_over_children(work):
    """Six children of 100 MB each, which stay."""
    work.after(
        "setup",
        """
import os, time
for _ in range(6):
    if os.fork() == 0:
        try:
            kept = bytearray(b"x") * 100_000_000
            time.sleep(1e6)
        finally:
            os._exit(0)
""",
    )


# Ends the first thread of a process only, after which the kernel calls it a zombie.
WITHOUT_ITS_FIRST_THREAD = """
import ctypes, os, threading, time
def goes_on(function):
    os.setsid()
    threading.Thread(target=function).start()
    ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""


@earns(PAD)
def spreads_memory_over_threads_that_go_on(work):
    """Children of 250 MB each, whose first threads end, so that their memory seems to be 0."""
    work.solve_pad2d()
    work.after(
        "setup",
        WITHOUT_ITS_FIRST_THREAD
        + """
def hold():
    kept = bytearray(b"x") * 250_000_000
    time.sleep(60)
for _ in range(6):
    if os.fork() == 0: goes_on(hold)
time.sleep(30)
""",
    )


@earns(PAD)
def keeps_all_processors_busy(work):
    """Fifty children that compute, each in a session of its own, while the cell sleeps."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
import os, time
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        end = time.monotonic() + 60
        while time.monotonic() < end: pass
        os._exit(0)
time.sleep(60)
""",
    )


@earns(PAD)
def computes_for_ever(work):
    """A call that never ends and swallows what stops it; what was solved before counts."""
    work.solve_pad2d()
    _in_a_function(
        work,
        "conv2d",
        ["while True:", "    try:", "        while True: pass", "    except: pass"],
    )


@earns(PAD)
def ignores_all_signals(work):
    """A cell that ignores every signal, takes away the timer, and computes for ever."""
    work.solve_pad2d()
    work.after(
        "conv2d",
        """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL, signal.ITIMER_VIRTUAL):
    signal.setitimer(timer, 0)
while True: pass
""",
    )


@earns(PAD)
def sleeps_in_a_cell(work):
    """A cell that uses no CPU and never ends."""
    work.solve_pad2d()
    work.after("conv2d", "import time\nwhile True: time.sleep(1e6)")


@earns(PAD)
def stops_itself(work):
    """Sends itself the signal that halts a process, in a call."""
    work.solve_pad2d()
    _in_a_function(
        work, "dilate_kernel", ["import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)"]
    )


@earns(PAD)
def forks_and_forks(work):
    """Three hundred processes that sleep, in sessions of their own, deaf to signals."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
import os, signal, time
for _ in range(300):
    try:
        if os.fork() == 0:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(1e6)
            os._exit(0)
    except OSError:
        break
""",
    )


@earns(PAD)
def starts_a_thousand_threads(work):
    """Threads that sleep and threads that compute."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
import threading, time
try:
    for number in range(1000):
        threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
except RuntimeError:
    pass
""",
    )


@earns(PAD)
def fills_every_disk(work):
    """Writes to /tmp, /dev/shm and its home until nothing fits any more."""
    work.solve_pad2d()
    work.after(
        "setup",
        f"""
import os
for folder in ("/tmp", "/dev/shm", "/var/tmp", ".", os.path.expanduser("~")):
    for number in range(40):
        try:
            with open(f"{{folder}}/{work.around.marker}{{number}}", "wb") as file:
                for _ in range(20): file.write(bytes(1 << 20))
        except OSError:
            break
""",
    )


@earns(PAD)
def makes_a_million_files(work):
    """Folders a thousand deep, files without rights, names of newlines."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
import os
os.makedirs("/tmp/a", exist_ok=True)
os.chdir("/tmp/a")
try:
    for _ in range(1000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    for number in range(3000):
        os.close(os.open(f"{number}\\n-rf", os.O_CREAT | os.O_WRONLY, 0))
except OSError:
    pass
os.chdir("/tmp")
os.chmod("/tmp/a", 0)
""",
    )


@earns(PAD)
def opens_a_million_files(work):
    """Keeps every file descriptor that it can get."""
    work.solve_pad2d()
    work.after(
        "dilate_kernel",
        "import os\nkept = []\ntry:\n    while True: kept.append(os.dup(0))\nexcept OSError: pass",
    )


@earns(PAD)
def floods_its_output(work):
    """Prints without end, to Python's streams and past them."""
    work.solve_pad2d()
    work.after(
        "setup",
        "import os, sys\nfor _ in range(3000):\n    print('x' * 10_000)\n"
        "    print('y' * 10_000, file=sys.stderr)\n"
        "    os.write(1, b'z' * 10_000)\n    os.write(2, b'z' * 10_000)",
    )
    work.after("pad2d", "while True: print('print ' * 100)")


@earns(PAD)
def floods_its_displays(work):
    """Thousands of displays, with pictures that unfold into gigabytes."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
import base64, struct, zlib
from IPython.display import display
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
size = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
bomb = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", size)
bomb += chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
for number in range(1500):
    display({"image/png": base64.b64encode(bomb).decode(), "text/plain": "x" * 900}, raw=True)
""",
    )


@earns(PAD)
def recurses(work):
    """Recursion without limit, until the C stack ends, in a cell and in a call."""
    work.solve_pad2d()
    deep = "import sys, functools\nsys.setrecursionlimit(2**31 - 1)\n"
    work.after("setup", deep + "def f(): f()\ntry: f()\nexcept RecursionError: pass")
    work.write(
        "conv2d",
        "def conv2d(*a, **k):\n    import ctypes\n    value = []\n"
        "    for _ in range(1_000_000): value = [value]\n    return value",
    )


@earns(PAD)
def exits(work):
    """Ends its process in a cell, with the code of success."""
    work.solve_pad2d()
    work.after("setup", "import os\nos._exit(0)")
    _in_a_function(work, "conv2d", ["import os", "os._exit(0)"])


@earns(PAD)
def raises_what_ends_a_process(work):
    """SystemExit, KeyboardInterrupt and GeneratorExit in cells and calls."""
    work.solve_pad2d()
    work.after("setup", "raise SystemExit(0)")
    work.after("pad2d", "raise KeyboardInterrupt")
    _in_a_function(work, "conv2d", ["raise SystemExit(0)"])
    _in_a_function(work, "dilate_kernel", ["raise GeneratorExit"])


def kills_all_around(work):
    """Kills its parent, the first process and its children, which are to answer the checks."""
    work.after(
        "conv2d",
        """
import os, signal
for process in (os.getppid(), 1, 2, 3, *range(os.getpid() + 1, os.getpid() + 40)):
    if process != os.getpid():
        try: os.kill(process, signal.SIGKILL)
        except OSError: pass
""",
    )


@earns(PAD)
def crashes(work):
    """Reads address 0 in a cell, and breaks the interpreter in a call."""
    work.solve_pad2d()
    work.after("conv2d", "import ctypes\nctypes.string_at(0)")
    _in_a_function(work, "conv2d", ["import ctypes", "ctypes.string_at(0)"])


@earns(PAD)
def leaves_daemons(work):
    """Daemons, twice forked, that outlive their parents and write from time to time."""
    work.solve_pad2d()
    work.after(
        "setup",
        f"""
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            for folder in ("/tmp", {str(work.around.course)!r}):
                try: open(folder + "/{work.around.marker}-daemon", "a").write("still here")
                except OSError: pass
            time.sleep(0.2)
    os._exit(0)
""",
    )


@earns(PAD)
def asks_for_input(work):
    """Waits for input, a debugger and a password, which nobody gives."""
    work.solve_pad2d()
    work.after("setup", "input('password: ')")
    work.after("pad2d", "breakpoint()\n%debug\n%pdb on\n1 / 0")
