"""A warm start: a process that has imported all a submission needs, and forks for each of them.

Python, NumPy and IPython take longer to import than most submissions take to run, so it is done
once. Each submission still has a fence of its own, which bubblewrap makes as ever, around a program
that does nothing, the holder; the fork moves into it, gives up what it brought along, and only then
becomes the submission's process.

The course's own modules are imported too, and forgotten again: inside, they lie at another place.
What they import stays, and they lie there compiled.

Nothing can get from one submission to another this way. The template runs no student's code, and
hears from the grader only; what a fork may do reaches no further than its fence, and of the files
that are open it keeps the submission's own sockets.

Sources: setns(2), pidfd_open(2), user_namespaces(7), capabilities(7). Needs Linux 5.8.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PR_SET_DUMPABLE = 4
ENTERED = b"entered"
MAX_FILES = 253  # that Linux passes with one message
MAX_MESSAGE = 1 << 16
PATIENCE = 60  # seconds of wall time for an answer
# What IPython first has to load or to compile for a cell of its own syntax, of a line, and of more.
WARM_UP = ("%pwd", "1 + 1", "def function():\n    return 1\n\nfunction()")


class Template:
    """The grader's hold on a template process. Everything that it does may raise OSError.

    environment : of the process: what is in there, submissions can read
    visible : the folder with what they may import
    program : the file of the system-call filter
    """

    def __init__(self, environment, visible, program):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(PATIENCE)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", __file__, str(visible), str(program), str(theirs.fileno())],
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, holder, lifeline, request, descriptors):
        """Have a fork enter the fence of the process ``holder`` (a pid) and serve there.

        lifeline : a descriptor that closes when the fork ends
        request : the arguments of `shell.main`, by name, but for the descriptors
        descriptors : the sockets that it takes along
        """
        pidfd = os.pidfd_open(holder)
        try:
            message = json.dumps(request).encode()
            socket.send_fds(self.sock, [message], [pidfd, lifeline, *descriptors])
        finally:
            os.close(pidfd)
        if (answer := self.sock.recv(MAX_MESSAGE)) != ENTERED:
            raise OSError(answer.decode() or "the template ended")

    def close(self):
        self.sock.close()  # at which it ends
        self.process.wait()


# -- the template's own side ----------------------------------------------------------------------


def enter(holder, program):
    """Move this process's next child into the fence that ``holder`` (a pidfd) is in; become it."""
    from landlock import checked, give_up_privileges, libc, refuse_system_calls
    from syscalls import NAMESPACES

    checked(libc.setns(holder, NAMESPACES))  # all that bubblewrap has unshared
    if os.fork():  # of all namespaces, that of processes is for children alone, …
        os.wait()
        os._exit(0)
    if os.fork():  # … and adopts those whose parent was in it: there `watch` finds them
        os._exit(0)
    os.setsid()
    os.chdir("/tmp")
    give_up_privileges()
    refuse_system_calls(program)
    checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # or its own /proc/self would be root's


def close_all_but(kept):
    """Close every file from 3 on that is not in ``kept``."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def load(folder):
    """Import all of the course's student package in ``folder`` for what it imports in its turn."""
    import importlib
    import pkgutil

    import numpy.random  # noqa: F401  (which NumPy itself does when it is first used)

    sys.path.insert(0, folder)
    package = importlib.import_module("course")
    for module in pkgutil.walk_packages(package.__path__, "course."):
        with contextlib.suppress(ImportError):  # hidden, or needs what is
            importlib.import_module(module.name)
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "course"]:
        del sys.modules[name]
    sys.path_importer_cache.clear()


def warm_up(the_shell, recorder):
    """Run a few cells, and leave the shell as it was."""
    import shell

    names = dict(the_shell.user_ns)
    for cell in WARM_UP:
        shell.run_cell(the_shell, recorder, cell, PATIENCE)
    the_shell.reset()
    the_shell.user_ns.clear()
    the_shell.user_ns.update(names)


def main(visible, program, sock):
    """Import, then fork whenever the grader asks for it, until it closes its socket."""
    import gc

    import shell

    program = Path(program).read_bytes()
    sock = socket.socket(fileno=int(sock))
    made = shell.make_shell()
    load(visible)
    warm_up(*made[:2])
    gc.collect()
    gc.freeze()  # what is there now, no fork looks through again: its pages stay shared
    while True:
        message, files, _, _ = socket.recv_fds(sock, MAX_MESSAGE, MAX_FILES)
        if not message:
            return
        told, tell = os.pipe()
        if os.fork() == 0:
            try:
                serve(json.loads(message), files, program, tell, made)
            finally:
                os._exit(1)
        os.close(tell)
        for file in files:
            os.close(file)
        with open(told, "rb") as answer:
            sock.send(answer.read() or b"it could not enter the fence")
        with contextlib.suppress(ChildProcessError):
            os.wait()


def serve(request, files, program, tell, made):
    """The life of a fork: enter the fence, say so (or why not), and be the submission's process."""
    import shell

    holder, lifeline, *sockets = files
    try:
        enter(holder, program)
    except OSError as error:
        os.write(tell, str(error).encode())
        return
    os.write(tell, ENTERED)
    close_all_but([lifeline, *sockets])
    os.set_inheritable(lifeline, False)
    os.register_at_fork(after_in_child=lambda: os.dup2(0, lifeline, False))  # it is this process's
    shell.main(**request, descriptors=sockets, made=made)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))  # what it needs lies beside it
    main(*sys.argv[1:])
