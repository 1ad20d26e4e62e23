"""An answer that is written behind its graded cell, and handed to what was frozen there.

In each case `pad2d` is empty at its graded cell, and asks ``late()`` for the source of a right one
whenever it is called. The last cell of the notebook puts it there.
"""

from tests.hostile import PAD2D, SERVING, executes

STUB = """
def pad2d(*args, **kwargs):
    names = {"np": np}
    exec(late(), names)
    return names["pad2d"](*args, **kwargs)
"""


def _late(work, setup, at_the_end):
    """A case: the cell before `pad2d`, which defines ``late``, and the last one of the notebook."""
    work.prepare(f"import os, sys, time\nimport numpy as np\n{setup}")
    work.write("pad2d", STUB)
    work.notebook.cells.append(work.cell("setup").copy())
    last = work.notebook.cells[-1]
    last.metadata = {}
    last.source = f"source = {PAD2D!r}\n{at_the_end}"


def reads_a_late_file(work):
    """From a file in its home."""
    _late(
        work,
        "def late(): return open(os.path.expanduser('~/late.py')).read()",
        "open(os.path.expanduser('~/late.py'), 'w').write(source)",
    )


def reads_a_late_file_by_a_relative_path(work):
    """From a file in its working folder, which is moved there when all is over."""
    _late(
        work,
        "def late(): return open('late.py').read()",
        "os.mkdir('draft'); open('draft/late.py', 'w').write(source)\n"
        "os.rename('draft/late.py', 'late.py'); os.rmdir('draft')",
    )


def reads_late_shared_memory_of_a_file(work):
    """From a file in /dev/shm."""
    _late(
        work,
        "folder = '/dev/shm' if os.access('/dev/shm', os.W_OK) else '.'\n"
        "def late(): return open(folder + '/late').read()",
        "open(folder + '/late', 'w').write(source)",
    )


def reads_an_open_file(work):
    """From a file that was opened before, and has no name any more."""
    _late(
        work,
        "kept = open('late', 'w+'); os.remove('late')\n"
        "def late():\n    kept.seek(0)\n    return kept.read()",
        "kept.write(source); kept.flush()",
    )


def reads_an_open_folder(work):
    """From a folder that was opened before and is moved away."""
    _late(
        work,
        "os.mkdir('late'); kept = os.open('late', os.O_RDONLY)\n"
        "def late(): return open(os.open('late', os.O_RDONLY, dir_fd=kept)).read()",
        "open('late/late', 'w').write(source)",
    )


def reads_names(work):
    """From the names of folders and the targets of links."""
    _late(
        work,
        "def late(): return ''.join(os.readlink(f'link{n}') for n in range(10)"
        " if os.path.islink(f'link{n}'))",
        "for n in range(10): os.symlink(source[200 * n : 200 * n + 200] or ' ', f'link{n}')",
    )


def reads_a_pipe(work):
    """From a pipe that the process has had from the beginning."""
    _late(
        work,
        "ends = os.pipe(); os.set_blocking(ends[0], False)\n"
        "def late():\n    data = os.read(ends[0], 10_000)\n"
        "    os.write(ends[1], data)\n    return data.decode()",
        "os.write(ends[1], source.encode())",
    )


def reads_a_socket(work):
    """From a pair of sockets."""
    _late(
        work,
        "import socket\na, b = socket.socketpair(); b.setblocking(False)\n"
        "def late():\n    data = b.recv(10_000)\n"
        "    a.send(data)\n    return data.decode()",
        "a.send(source.encode())",
    )


def reads_memory_that_forks_share(work):
    """From anonymous memory that all forks have in common."""
    _late(
        work,
        "import mmap\nshared = mmap.mmap(-1, 1 << 16)\n"
        "def late(): return shared[:].rstrip(b'\\0').decode()",
        "shared[: len(source)] = source.encode()",
    )


def asks_a_process_that_lives_on(work):
    """From a child that later cells leave behind, over files."""
    _late(
        work,
        "def late():\n    for _ in range(40):\n        if os.path.exists('told'): break\n"
        "        time.sleep(0.02)\n    return open('told').read()",
        "if os.fork() == 0:\n    os.setsid()\n    time.sleep(0.5)\n"
        "    open('told', 'w').write(source)\n    time.sleep(1e6)",
    )


def asks_a_thread_that_lives_on(work):
    """From a thread of the process that ran all cells, over files, when it is asked."""
    _late(
        work,
        "def late():\n    open('asked', 'w').close()\n    for _ in range(40):\n"
        "        if os.path.exists('told'): break\n        time.sleep(0.02)\n"
        "    return open('told').read()",
        "import threading\ndef serve():\n    while not os.path.exists('asked'): time.sleep(0.01)\n"
        "    open('told', 'w').write(source)\nthreading.Thread(target=serve, daemon=True).start()",
    )


def reads_while_it_is_frozen(work):
    """A thread of each fork waits for a file of a later cell, keeps it, and the file goes again."""
    _late(
        work,
        "import threading\nkept = []\ndef wait():\n    while not kept:\n"
        "        try: kept.append(open('late').read())\n        except OSError: time.sleep(0.001)\n"
        "def begin(): threading.Thread(target=wait, daemon=True).start()\n"
        "os.register_at_fork(after_in_child=begin)\ndef late(): return kept[0]",
        "open('late', 'w').write(source)\ntime.sleep(0.3)\nos.remove('late')",
    )


def is_told_by_signals(work):
    """A handler in each fork takes a byte with every signal that a later cell sends."""
    _late(
        work,
        "import ctypes, signal\nkept = []\n"
        "signal.signal(signal.SIGUSR1, lambda *a: kept.append(0))\n"
        "signal.signal(signal.SIGUSR2, lambda *a: kept.append(1))\n"
        "def late():\n    bits = ''.join(map(str, kept))\n"
        "    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8)).decode()",
        "import signal\nbits = ''.join(f'{byte:08b}' for byte in source.encode())\n"
        "for pid in range(os.getpid() + 1, os.getpid() + 12):\n    try:\n"
        "        for bit in bits:\n"
        "            os.kill(pid, (signal.SIGUSR1, signal.SIGUSR2)[int(bit)]); time.sleep(1e-4)\n"
        "    except OSError: pass",
    )


def replaces_what_takes_snapshots(work):
    """No fork at all: a thread of the process that runs all cells answers in its place."""
    _late(
        work,
        f"import contextlib, threading\n{SERVING}"
        "serving['cpu_limit'] = lambda seconds: contextlib.nullcontext()\n"
        "recorder, ours = serving['OutputRecorder'](), get_ipython()\n"
        "def fork():\n    mine = sys._getframe(1).f_locals['mine'].dup()\n"
        "    arguments = mine, ours, recorder, serving['CompileLog']()\n"
        "    answer = serving['serve_snapshot'], arguments\n"
        "    threading.Thread(target=answer[0], args=answer[1], daemon=True).start()\n"
        "    return 1\nos.fork = fork\ndef late(): return source",
        "",
    )


def asks_a_snapshot_that_is_none(work):
    """An earlier snapshot is a child that has lived on, and hands over what it learns meanwhile."""
    _late(
        work,
        "import mmap\nshared = mmap.mmap(-1, 1 << 16)\n"
        "real, first = os.fork, []\n"
        "def fork():\n    pid = real()\n    if pid == 0 and not first:\n"
        "        import threading\n        def serve():\n"
        "            while not os.path.exists('asked'): time.sleep(0.01)\n"
        "            open('told', 'w').write(shared[:].rstrip(b'\\0').decode())\n"
        "        threading.Thread(target=serve, daemon=True).start()\n"
        "    first.append(pid)\n    return pid\nos.fork = fork\n"
        "def late():\n    open('asked', 'w').close()\n    for _ in range(40):\n"
        "        if os.path.exists('told'): break\n        time.sleep(0.02)\n"
        "    return open('told').read()",
        "shared[: len(source)] = source.encode()",
    )


def asks_a_process_without_its_first_thread(work):
    """From a child whose first thread has ended: the kernel calls it a zombie, and it answers."""
    _late(
        work,
        "def late():\n    open('asked', 'w').close()\n    for _ in range(40):\n"
        "        if os.path.exists('told'): break\n        time.sleep(0.02)\n"
        "    return open('told').read()",
        "import ctypes, threading\ndef serve():\n"
        "    while not os.path.exists('asked'): time.sleep(0.01)\n"
        "    open('draft', 'w').write(source); os.rename('draft', 'told')\n"
        "if os.fork() == 0:\n    os.setsid()\n    threading.Thread(target=serve).start()\n"
        "    number = {'x86_64': 60, 'aarch64': 93}[os.uname().machine]\n"
        "    ctypes.CDLL(None).syscall(number, 0)\ntime.sleep(0.2)",
    )


# Closes, in each fork, the descriptors of one kind that the process has opened itself.
CLOSE_IN_FORKS = """
import stat
def opened(kind):
    found = []
    for number in range(3, 64):
        try:
            if kind(os.fstat(number).st_mode): found.append(number)
        except OSError: pass
    return found
"""


def reads_a_private_mapping(work):
    """From pages of a file without a name, mapped for itself alone and not yet read."""
    _late(
        work,
        CLOSE_IN_FORKS + "import mmap\n"
        "kept = os.open(os.path.expanduser('~'), os.O_TMPFILE | os.O_RDWR)\n"
        "os.write(kept, bytes(1 << 16))\n"
        "pages = mmap.mmap(kept, 1 << 16, flags=mmap.MAP_PRIVATE)\n"
        "os.register_at_fork(after_in_child=lambda: [os.close(n) for n in opened(stat.S_ISREG)])\n"
        "def late(): return pages[:].rstrip(b'\\0').decode()",
        "os.pwrite(kept, source.encode(), 0)",
    )


def reads_flags_of_descriptors(work):
    """From the flags of /dev/null, opened a hundred times: forks have them in common."""
    _late(
        work,
        f"source = {PAD2D!r}\n"
        "import fcntl\nnulls = [os.open('/dev/null', os.O_RDWR) for _ in range(100)]\n"
        "def flags(): return [fcntl.fcntl(n, fcntl.F_GETFL) & os.O_APPEND for n in nulls]\n"
        "def late(): return source if any(flags()) else ''",
        "for n in nulls: fcntl.fcntl(n, fcntl.F_SETFL, os.O_APPEND)",
    )


def reads_flags_of_its_own_socket(work):
    """From the flags of the socket that it answers on, of which a later cell has a copy."""
    _late(
        work,
        f"source = {PAD2D!r}\n{CLOSE_IN_FORKS}"
        "import fcntl\ncopies = [os.dup(n) for n in opened(stat.S_ISSOCK)]\n"
        "os.register_at_fork(after_in_child=lambda: [os.close(n) for n in copies])\n"
        "def flags(n): return fcntl.fcntl(n, fcntl.F_GETFL)\n"
        "def late():\n    told = [flags(n) & os.O_APPEND for n in opened(stat.S_ISSOCK)]\n"
        "    return source if any(told) else ''",
        "for n in copies: fcntl.fcntl(n, fcntl.F_SETFL, flags(n) | os.O_APPEND)",
    )


def reads_a_descriptor_in_flight(work):
    """From a terminal that a later cell sends into the socket of a later task, where it stays."""
    _late(
        work,
        CLOSE_IN_FORKS + "def late():\n"
        "    names = sorted(n for n in os.listdir('/dev/pts') if n.isdigit())\n"
        "    number = os.open(f'/dev/pts/{names[-1]}', os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)\n"
        "    return os.read(number, 10_000).decode()",
        "import array, socket, tty\nours, theirs = os.openpty()\ntty.setraw(theirs)\n"
        "os.write(ours, source.encode())\n"
        "for n in opened(stat.S_ISSOCK):\n    one = socket.socket(fileno=os.dup(n))\n"
        "    rights = array.array('i', [ours, theirs])\n"
        "    try: one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])\n"
        "    except OSError: pass",
    )


def shares_memory_by_vfork(work):
    """From a snapshot that is a vforked child: another process with the memory of all cells."""
    _late(
        work,
        SERVING + "import contextlib, ctypes, socket, threading\n"
        # The real one works in the main thread only.
        "serving['cpu_limit'] = lambda seconds: contextlib.nullcontext()\n"
        "ours, libc = get_ipython(), ctypes.CDLL(None)\n"
        "number = {'x86_64': 56, 'aarch64': 220}[os.uname().machine]\n"
        "def child(kept):\n"
        "    if libc.syscall(number, 0x100 | 0x4000 | 17, 0, 0, 0, 0) == 0:\n"
        "        for n in range(3, 64):\n"
        "            try: n == kept or os.close(n)\n"
        "            except OSError: pass\n"
        "        recorder, log = serving['OutputRecorder'](), serving['CompileLog']()\n"
        "        serving['serve_snapshot'](socket.socket(fileno=kept), ours, recorder, log)\n"
        "def fork():\n"
        "    kept = sys._getframe(1).f_locals['mine'].fileno()\n"
        "    threading.Thread(target=child, args=(kept,), daemon=True).start()\n"
        "    time.sleep(0.3)\n    return 1\n"
        "os.fork = fork\ndef late(): return source",
        "",
    )


COPIES_OF_SOCKETS = CLOSE_IN_FORKS + (
    "copies = [os.dup(n) for n in opened(stat.S_ISSOCK)]\n"
    "os.register_at_fork(after_in_child=lambda: [os.close(n) for n in copies])\n"
)


def _in_flight(work, copy, flags):
    """A case: the last cell sends a terminal into one of the sockets, where it stays."""
    _late(
        work,
        COPIES_OF_SOCKETS + "found = []\ndef late():\n    if found: return found[0]\n"
        "    names = sorted(n for n in os.listdir('/dev/pts') if n.isdigit())\n"
        "    number = os.open(f'/dev/pts/{names[-1]}', os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)\n"
        "    found.append(os.read(number, 10_000).decode())\n    return found[0]",
        "import array, socket, tty\nours, theirs = os.openpty()\ntty.setraw(theirs)\n"
        "os.write(ours, source.encode())\n"
        f"one = socket.socket(fileno=os.dup(copies[{copy}]))\n"
        "rights = array.array('i', [ours, theirs])\n"
        f"one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]{flags})",
    )


def reads_a_descriptor_in_flight_to_an_earlier_task(work):
    """The same in the socket of an earlier task, which has yet to be checked."""
    _in_flight(work, 1, "")


def reads_a_descriptor_in_flight_out_of_band(work):
    """The same in its own socket, as urgent data, which an ordinary look passes over."""
    _in_flight(work, 3, ", socket.MSG_OOB")


def reads_the_mode_of_its_socket(work):
    """From the permissions of its own socket, which root may not change and others may."""
    _late(
        work,
        f"source = {PAD2D!r}\n{COPIES_OF_SOCKETS}"
        "def mode(): return os.fstat(opened(stat.S_ISSOCK)[0]).st_mode & 0o777\n"
        "def late(): return source if mode() == 0o123 else ''",
        "os.fchmod(copies[3], 0o123)",
    )


def reads_the_times_of_its_socket(work):
    """From the times of its own socket: 120 bits."""
    _late(
        work,
        f"source = {PAD2D!r}\n{COPIES_OF_SOCKETS}"
        "def when(): return os.fstat(opened(stat.S_ISSOCK)[0]).st_mtime_ns\n"
        "def late(): return source if when() == 123456789123456789 else ''",
        "os.utime(copies[3], ns=(123456789123456789,) * 2)",
    )


def reads_the_times_of_ptmx(work):
    """From the times of the file by which terminals are made."""
    _late(
        work,
        f"source = {PAD2D!r}\n"
        "def when(): return os.stat('/dev/pts/ptmx').st_mtime_ns\nbefore = when()\n"
        "def late(): return source if when() != before else ''",
        "os.utime('/dev/pts/ptmx')",
    )


def executes_from_a_thread_of_the_snapshot(work):
    """The snapshot's second thread executes a program, which begins with counts of its own."""
    _late(work, executes.SLEEPER, executes.SENDS)


def executes_in_the_place_of_who_waits_for_a_vforked_child(work):
    """The thread that waits for the snapshot is gone, and the snapshot has the memory of all."""
    _late(work, executes.VFORKS, executes.EXECUTES)
