"""A warm start: a process that has imported all a submission needs, and forks for each of them.

Python, NumPy and IPython take longer to import than most submissions take to run, so it is done
once. Each submission still has a sandbox of its own, which bubblewrap makes around a program that
does nothing, the holder; the fork moves into it, gives up what it brought along (`confine`),
and only then becomes the submission's process.

The student package is imported too, and forgotten again: inside, it lies at another place. What it
imports stays, and it lies there compiled.

Nothing can get from one submission to another this way. The template runs no student's code, and
hears from the grader only; what a fork may do reaches no further than its sandbox, and of the files
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
SCRIPTS = [str(HERE / "inside"), str(HERE)]  # folders of the modules that this process imports
ENTERED = b"entered"
MAX_FILES = 253  # that Linux passes with one message
MAX_MESSAGE = 1 << 16
PATIENCE = 60  # seconds of wall time for an answer
# What IPython first has to load or to compile for a cell of its own syntax, of a line, and of more.
WARM_UP = ("%pwd", "1 + 1", "def function():\n    return 1\n\nfunction()")


class Template:
    """The grader's hold on a template process. Everything that it does may raise OSError.

    python : the interpreter
    environment : of the process: what is in there, submissions can read
    visible : the folder with what they may import of ours
    students : the name of the student package in it; None without one
    imports : the folders that packages are imported from, here as in the sandbox
    rules : the arguments of `confine.confine`; each fork has a user of its own
    """

    def __init__(self, python, environment, visible, students, imports, rules):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(PATIENCE)
        told = {"visible": str(visible), "students": students, "imports": imports, "rules": rules}
        with theirs, open(os.memfd_create("template"), "w+") as file:
            json.dump(told, file)
            file.flush()
            descriptors = [theirs.fileno(), file.fileno()]
            self.process = subprocess.Popen(
                [python, "-I", "-S", __file__, *map(str, descriptors)],
                env=environment,
                cwd="/",
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, holder, request, descriptors):
        """Have a fork enter the sandbox of the process ``holder`` (a pid) and serve there.

        request : the ``user`` to become, and the arguments of `shell.main` but for the descriptors
        descriptors : the sockets that it takes along
        """
        pidfd = os.pidfd_open(holder)
        try:
            message = json.dumps(request).encode()
            socket.send_fds(self.sock, [message], [pidfd, *descriptors])
        finally:
            os.close(pidfd)
        if (answer := self.sock.recv(MAX_MESSAGE)) != ENTERED:
            raise OSError(answer.decode() or "the template ended")

    def close(self):
        self.sock.close()  # at which it ends
        self.process.wait()


# -- the template's own side ----------------------------------------------------------------------


def enter(holder, rules):
    """Move this process's next child into the sandbox of ``holder`` (a pidfd), and become it."""
    from confine import checked, confine, libc  # imported already: see `main`
    from syscalls import NAMESPACES, NEW_USER

    # All that bubblewrap has unshared: not that of users if root did it.
    checked(libc.setns(holder, NAMESPACES & ~(NEW_USER if rules["user"] is not None else 0)))
    if os.fork():  # of all namespaces, that of processes is for children alone, …
        os.wait()
        os._exit(0)
    if os.fork():  # … and adopts those whose parent was in it: there `watch` finds them
        os._exit(0)
    os.setsid()
    os.chdir("/tmp")
    confine(**rules)


def close_all_but(kept):
    """Close every file from 3 on that is not in ``kept``."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def load(folder, students):
    """Import all of the student package in ``folder`` for what it imports in its turn."""
    import importlib
    import pkgutil

    import numpy.random  # noqa: F401  (which NumPy itself does when it is first used)

    if students is None:
        return
    sys.path.insert(0, folder)
    package = importlib.import_module(students)
    for module in pkgutil.walk_packages(package.__path__, f"{students}."):
        with contextlib.suppress(ImportError):  # hidden, or needs what is
            importlib.import_module(module.name)
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == students]:
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


def main(sock, told):
    """Import, then fork whenever the grader asks for it, until it closes its socket."""
    import gc

    with open(told) as file:
        file.seek(0)
        told = json.load(file)
    sock = socket.socket(fileno=sock)
    sys.path[:0] = SCRIPTS
    sys.path += told["imports"]
    import confine  # noqa: F401
    import shell
    import syscalls  # noqa: F401

    del sys.path[: len(SCRIPTS)]
    made = shell.make_shell()
    load(told["visible"], told["students"])
    warm_up(*made[:2])
    gc.collect()
    gc.freeze()  # what is there now, no fork looks through again: its pages stay shared
    while True:
        message, files, _, _ = socket.recv_fds(sock, MAX_MESSAGE, MAX_FILES)
        if not message:
            return
        answers, tell = os.pipe()
        if os.fork() == 0:
            try:
                serve(json.loads(message), files, told["rules"], tell, made)
            finally:
                os._exit(1)
        os.close(tell)
        for file in files:
            os.close(file)
        with open(answers, "rb") as answer:
            sock.send(answer.read() or b"it could not enter the sandbox")
        with contextlib.suppress(ChildProcessError):
            os.wait()


def serve(request, files, rules, tell, made):
    """The life of a fork: enter the sandbox, say so (or why not), run the submission."""
    import shell

    holder, *sockets = files
    try:
        enter(holder, {**rules, "user": request.pop("user")})
    except OSError as error:
        os.write(tell, str(error).encode())
        return
    os.write(tell, ENTERED)
    close_all_but(sockets)
    shell.main(**request, descriptors=sockets, made=made)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
