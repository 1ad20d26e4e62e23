"""The sandbox around a student's process: what it may see and use, and how it is started.

Two kinds, tried in this order, and never less than what was asked for:

bubblewrap  namespaces: no network, no processes, files or environment but its own
landlock    the same files; weaker (see `confine`), and labelled so wherever it is used

In both, the process gives up what it must not have (`confine`): if root grades, the identity of
root, for a user of its own; privileges; files that are not listed; system calls that are not
listed. Without the library for that list there is no sandbox. Together a submission's processes are
watched (see `watch`).

``none`` runs the student's code as the grader itself. It has to be asked for by name, and every
graded notebook says so.
"""

import base64
import contextlib
import functools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile

from autograder.sandbox import syscalls, view
from autograder.sandbox.bubblewrap import bubblewrap
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.folders import claimed_folder, remove, remove_abandoned, remove_sandbox
from autograder.sandbox.inside import confine, processes
from autograder.sandbox.limits import Limits
from autograder.sandbox.monitor import Monitor
from autograder.sandbox.template import PATIENCE, Template
from autograder.sandbox.users import count_tasks, spare_user

SPARE_PROCESSES = 16  # that the kernel lets a submission start beyond its limit
PROBE_SECONDS = 60  # wall time until a sandbox that was tried is taken not to work
STOP_SECONDS = 10  # wall time to end everything in an orderly way
HOLDER = ["/usr/bin/cat"]  # keeps a sandbox until its input ends


class Process(subprocess.Popen):
    """A sandboxed process, watched over until `Sandbox.stop`.

    sockets : the inodes of its sockets
    """

    sockets = ()

    def __init__(self, command, limits, **options):
        super().__init__(command, **options)
        self.monitor = Monitor(self, limits)

    @property
    def broken(self):
        """The limit for which it and all it started were ended, as a sentence's end, or None."""
        return self.monitor.broken


class Sandbox:
    """One kind of sandbox, ready to start processes. Use `choose` to get one that works.

    content : a `Content`, whose student package and kit the process sees; None: neither
    hidden : names of modules of the student package that the process must not be able to import
    fonts : see `view.fill`
    """

    def __init__(self, kind, limits=None, content=None, hidden=(), fonts=True):
        self.kind, self.limits, self.content = kind, limits or Limits(), content
        self.template = None  # started for the first submission
        remove_abandoned()
        self.folder, self.claim = claimed_folder()
        self.visible = self.folder / "visible"
        try:
            self.filter = None if kind == "none" else system_call_filter(kind)
            self.files_limited = kind == "landlock" or landlock_works()
            user = spare_user()
            if user is not None:
                self.folder.chmod(0o711)  # the submission's user passes through
                if kind == "landlock" and view.is_closed(self.folder.parent):
                    raise SandboxError(
                        f"{self.folder.parent} is closed to other users, and so to the one that "
                        "runs student code: set TMPDIR to a folder that is not"
                    )
            view.fill(self.visible, kind, content, hidden, user, fonts)
        except BaseException:
            self.close()
            raise
        self.warm = kind == "bubblewrap"

    def close(self):
        if self.template:
            self.template.close()
        remove_sandbox(self.folder)
        self.claim.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def start(self, snapshots):
        """Start a `Process`; returns it with the grader's end of 1 + ``snapshots`` sockets."""
        pairs = [socket.socketpair() for _ in range(1 + snapshots)]
        ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
        user = spare_user()
        scratch = self.new_scratch(user)
        descriptors = [sock.fileno() for sock in theirs]
        try:
            process = self.forked(descriptors, user) or self.process(
                self.shell(descriptors, user), scratch, user, descriptors
            )
            process.sockets = [os.fstat(number).st_ino for number in descriptors]
        except OSError as error:
            for sock in ours:
                sock.close()
            remove(scratch)
            raise SandboxError(f"The sandbox could not be started: {error}") from error
        finally:
            for sock in theirs:
                sock.close()
        return process, ours, scratch

    def new_scratch(self, user):
        """An empty folder of this user's, where bubblewrap does not bring one."""
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=self.folder)
        if self.kind == "landlock" and user is not None:
            os.chown(scratch, user, user)
        return scratch

    def process(self, command, scratch, user, descriptors=(), **options):
        """A new process in a new sandbox that runs a command."""
        home = "/tmp" if self.kind == "bubblewrap" else scratch
        with contextlib.ExitStack() as opened:
            if self.kind != "none" and command != HOLDER:
                rules = opened.enter_context(open(os.memfd_create("rules"), "w+"))
                json.dump(self.rules(user, scratch), rules)
                rules.flush()
                descriptors = [*descriptors, rules.fileno()]
                command = [*self.plain_python("confine.py"), str(rules.fileno()), *command]
            return Process(
                self.sandboxed(command, user),
                self.limits,
                env=self.environment(home),
                cwd="/" if self.kind == "bubblewrap" else scratch,
                pass_fds=descriptors,
                start_new_session=True,
                **(dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | options),
            )

    def sandboxed(self, command, user):
        """What to execute for a command that confines itself."""
        if command == HOLDER:
            return [*self.namespaces(user), *command]
        kept = [*self.plain_python("reaper.py"), *command]
        return [*self.namespaces(user), *kept] if self.kind == "bubblewrap" else kept

    def namespaces(self, user):
        """bubblewrap, up to the command."""
        options = bubblewrap(self.limits.scratch, user)
        return [*options, *self.mounts, "--chdir", "/tmp", "--"]

    @functools.cached_property
    def mounts(self):
        return view.mounts(self.visible, self.files_limited, self.content)

    def plain_python(self, script):
        """The command that runs a script of ours without packages: it starts faster."""
        place = f"{view.INSIDE}/runner" if self.kind == "bubblewrap" else view.SCRIPTS
        return [view.PYTHON, "-I", "-S", f"{place}/{script}"]

    def rules(self, user, scratch=None):
        """The arguments of `confine.confine`."""
        files = self.files
        if self.kind == "landlock":
            files = {**files, "write": [str(scratch), *files["write"]]}
        return {"user": user, "files": files, "program": base64.b64encode(self.filter).decode()}

    @functools.cached_property
    def files(self):
        """Landlock's rules, but for the process's own folder; None without Landlock."""
        if self.kind == "landlock":
            return view.rules(self.visible, spare_user(), self.content)
        return view.rules_of_mounts(self.content) if self.files_limited else None

    def forked(self, descriptors, user):
        """The same from the `Template`: faster. None where that is not possible."""
        if not self.warm:
            return None
        holder = None
        try:
            if self.template is None:
                home = self.folder / "template"
                home.mkdir()
                environment, rules = self.environment(home), self.rules(None)
                students = self.content and self.content.students
                self.template = Template(
                    view.PYTHON, environment, self.visible, students, self.imports, rules
                )
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
            holder = self.process(HOLDER, None, user, **pipes)
            request = {
                "user": user,
                "folder": view.INSIDE,
                "limits": self.limits.resources(self.process_limit(user)),
                "environment": {**self.environment("/tmp"), "PWD": "/tmp"},  # as bubblewrap says
            }
            self.template.fork(waiting(holder), request, descriptors)
            return holder
        except OSError:  # an older kernel, or the template was ended: from now on without
            self.warm = False
            if holder:
                self.stop(holder)
            return None

    def attempt(self):
        """None if a process can be started that does nothing; else what it said."""
        user = spare_user()
        command = [view.python(self.visible), "-I", "-S", "-c", "pass"]
        pipes = {"stderr": subprocess.PIPE, "text": True}
        process = self.process(command, self.new_scratch(user), user, **pipes)
        try:
            _, said = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return "it did not answer"
        finally:
            self.stop(process)
        return None if process.returncode == 0 else said.strip() or f"exit {process.returncode}"

    def folders(self, pid, scratch):
        """The folders that a process in this sandbox can write to, as seen from here."""
        if self.kind == "bubblewrap":
            seen = f"/proc/{pid}/root"  # what it sees as /
            return [f"{seen}/tmp", f"{seen}/dev/shm"]
        return [str(scratch)]

    @staticmethod
    def stop(process, scratch=None):
        """End the process and all it started."""
        process.monitor.close()
        process.terminate()  # bubblewrap's namespace, or `reaper`, ends all the others
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # as it should be
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()
        if scratch:
            remove(scratch)

    def environment(self, home):
        """The environment of a process in this sandbox, all of which student code can read."""
        libraries = view.libraries(self.visible)
        return {
            **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": f"{home}/.ipython",
            "MPLCONFIGDIR": f"{home}/.matplotlib",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(self.imports),  # for a Python that a cell starts
        }

    @functools.cached_property
    def imports(self):
        """The folders that Python imports packages from, as the process sees them."""
        if self.kind == "none":
            return []
        if self.kind == "bubblewrap":
            return [os.path.realpath(place) for place in view.kit_of(self.content)]
        return [str(path) for path in sorted((self.visible / "imports").iterdir())]

    def shell(self, descriptors, user):
        """The command of a submission's process."""
        folder = view.INSIDE if self.kind == "bubblewrap" else str(self.visible)
        python = [sys.executable, "-I"]
        if self.kind != "none":
            python = [view.python(self.visible), "-I", "-S"]
        limits = self.limits.resources(self.process_limit(user))
        return [
            *(*python, f"{folder}/runner/shell.py", folder),
            *(json.dumps(self.imports), json.dumps(limits), *map(str, descriptors)),
        ]

    def process_limit(self, user):
        """How many processes its user may have: only its own count, or all of the grader's user.

        More than `Limits.processes`, so that `Monitor` sees that too many were started.
        """
        most = self.limits.processes + SPARE_PROCESSES
        if user is not None and self.kind != "none":
            return most
        if os.geteuid() == 0:
            return None  # the kernel does not hold root to it
        version = re.findall(r"\d+", os.uname().release)
        if self.kind == "bubblewrap" and tuple(map(int, version[:2])) >= (5, 14):
            return most
        return count_tasks(os.geteuid()) + most


def waiting(holder):
    """The pid of a `HOLDER` that a `Process` has started, once its sandbox is complete."""
    holder.stdin.write(b"\n")
    if not select.select([holder.stdout], [], [], PATIENCE)[0] or not holder.stdout.read(1):
        raise OSError("the sandbox was not completed")
    return list(processes.descendants(holder.pid))[-1]


@functools.cache
def landlock_works():
    """True if this kernel has Landlock."""
    return confine.landlock_abi() > 0


def system_call_filter(kind):
    """The system call filter for a kind of sandbox. Raises SandboxError if it cannot be made."""
    try:
        return syscalls.program(own_files=kind == "bubblewrap")
    except OSError as error:
        raise SandboxError(
            f"the filter of system calls cannot be made ({error}): install libseccomp "
            "(`apt-get install libseccomp2`)"
        ) from None
