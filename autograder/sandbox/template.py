"""The template: a process with everything imported, which is forked for each submission.

Importing Python, NumPy and IPython takes longer than most submissions run, so it is done once. Each
submission still has a sandbox of its own, which bubblewrap makes around a program that does
nothing, the holder. The fork enters that sandbox, gives up its rights (`inside.confine`), and only
then becomes the submission's process.

The student package is imported and then removed from ``sys.modules``, since the sandbox has it at
another path. What it imports stays loaded, and its .pyc files stay where submissions read them.

Nothing passes from one submission to another: the template runs no student code and receives
messages only from the grader, and a fork keeps no open files but the submission's own sockets.

Sources: setns(2), pidfd_open(2), user_namespaces(7), capabilities(7). Needs Linux 5.8.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the template itself, a script, cannot import the package
    from IPython.core.interactiveshell import InteractiveShell

    from autograder.sandbox.inside.cell_runner import OutputRecorder
    from autograder.sandbox.inside.compile_log import CompileLog

HERE = Path(__file__).resolve().parent
SCRIPTS = [str(HERE / "inside"), str(HERE)]  # folders of the modules that this process imports
ENTERED = b"entered"
MAX_FILES = 253  # descriptors that Linux passes with one message
MAX_MESSAGE = 1 << 16  # bytes
PATIENCE = 60  # seconds of wall time for an answer
# Cells that make IPython load what it needs for its own syntax, for one line, and for more lines.
WARM_UP = ("%pwd", "1 + 1", "def function():\n    return 1\n\nfunction()")


class Template:
    """The grader's handle of a template process. Every method may raise OSError.

    python : the interpreter
    environment : of the process; submissions can read it
    visible : the folder that `view.fill` has filled
    students : the name of the student package in it; None without one
    imports : the folders that packages are imported from, the same outside and inside
    rules : the arguments of `confine.confine`, except that each fork has its own ``user``
    """

    def __init__(
        self,
        python: str,
        environment: Mapping[str, str],
        visible: Path,
        students: str | None,
        imports: list[str],
        rules: Mapping[str, object],
    ) -> None:
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

    def fork(self, holder: int, request: Mapping[str, object], descriptors: Sequence[int]) -> None:
        """Fork the template; the fork enters a sandbox and runs `shell.main` there.

        holder : pid of a process in that sandbox
        request : the ``user`` to become, and arguments of `shell.main`
        descriptors : the sockets that the fork keeps
        """
        pidfd = os.pidfd_open(holder)
        try:
            message = json.dumps(request).encode()
            socket.send_fds(self.sock, [message], [pidfd, *descriptors])
        finally:
            os.close(pidfd)
        if (answer := self.sock.recv(MAX_MESSAGE)) != ENTERED:
            raise OSError(answer.decode() or "the template ended")

    def close(self) -> None:
        """End the template process."""
        self.sock.close()  # the process ends when its socket closes
        self.process.wait()


# -- in the template process ----------------------------------------------------------------------


def enter(holder: int, rules: dict[str, Any]) -> None:
    """Enter the sandbox of ``holder`` (a pidfd) and give up all rights, in a grandchild.

    Only the grandchild returns. Raises OSError if the kernel refuses something.
    """
    # Found in SCRIPTS, not in a package, and imported already: see `main`.
    from confine import checked, confine, libc  # type: ignore[import-not-found]
    from syscalls import NAMESPACES, NEW_USER  # type: ignore[import-not-found]

    # Join every namespace that bubblewrap has made. If root grades, there is no user namespace.
    checked(libc.setns(holder, NAMESPACES & ~(NEW_USER if rules["user"] is not None else 0)))
    if os.fork():  # setns moves only the children of a process into its process namespace
        os.wait()
        os._exit(0)
    if (
        os.fork()
    ):  # orphans get that namespace's first process as their parent: `monitor` finds them
        os._exit(0)
    os.setsid()
    os.chdir("/tmp")
    confine(**rules)


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor from 3 on that is not in ``kept``."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def load(folder: str, students: str | None) -> None:
    """Import the whole student package in ``folder`` to load what it imports; then forget it."""
    import importlib
    import pkgutil

    import numpy.random  # noqa: F401  (NumPy imports it at its first use)

    if students is None:
        return
    sys.path.insert(0, folder)
    package = importlib.import_module(students)
    for module in pkgutil.walk_packages(package.__path__, f"{students}."):
        with contextlib.suppress(ImportError):  # hidden, or imports a hidden module
            importlib.import_module(module.name)
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == students]:
        del sys.modules[name]
    sys.path_importer_cache.clear()


def warm_up(shell: "InteractiveShell", recorder: "OutputRecorder") -> None:
    """Run a few cells, and leave the shell as it was."""
    from cell_runner import run_cell  # type: ignore[import-not-found]

    names = dict(shell.user_ns)
    for cell in WARM_UP:
        run_cell(shell, recorder, cell, PATIENCE)
    shell.reset()  # type: ignore[no-untyped-call]  # IPython annotates only some methods
    shell.user_ns.clear()
    shell.user_ns.update(names)


def main(control: int, arguments: int) -> None:
    """Import everything, then fork whenever the grader asks, until it closes its socket.

    control : descriptor of this end of the grader's socket
    arguments : descriptor of a JSON file: see `Template`
    """
    import gc

    with open(arguments) as file:
        file.seek(0)
        told = json.load(file)
    sock = socket.socket(fileno=control)
    sys.path[:0] = SCRIPTS
    sys.path += told["imports"]
    import confine  # noqa: F401
    import shell  # type: ignore[import-not-found]
    import syscalls  # noqa: F401

    del sys.path[: len(SCRIPTS)]
    made = shell.make_shell()
    load(told["visible"], told["students"])
    warm_up(*made[:2])
    gc.collect()
    gc.freeze()  # forks do not collect these objects, so that their memory stays shared
    while True:
        message, descriptors, _, _ = socket.recv_fds(sock, MAX_MESSAGE, MAX_FILES)
        if not message:
            return
        answers, tell = os.pipe()
        if os.fork() == 0:
            try:
                serve(json.loads(message), descriptors, told["rules"], tell, made)
            finally:
                os._exit(1)
        os.close(tell)
        for descriptor in descriptors:
            os.close(descriptor)
        with open(answers, "rb") as answer:
            sock.send(answer.read() or b"it could not enter the sandbox")
        with contextlib.suppress(ChildProcessError):
            os.wait()


def serve(
    request: dict[str, Any],
    descriptors: list[int],
    rules: dict[str, Any],
    tell: int,
    made: "tuple[InteractiveShell, OutputRecorder, CompileLog]",
) -> None:
    """Enter the sandbox, say so on ``tell`` (or why not), and run the submission: see `Template`.

    descriptors : a pidfd of the holder, and the submission's sockets
    made : the result of `make_shell`
    """
    import shell

    holder, *sockets = descriptors
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
