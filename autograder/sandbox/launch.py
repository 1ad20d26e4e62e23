"""Start student code in a sandbox. There are three kinds:

bubblewrap  namespaces: no network, and only its own processes, files and environment
landlock    the same files; weaker (see `inside.confine`), and labelled so wherever it is used
none        no sandbox: student code has the grader's rights; every graded notebook says so

In the first two, the process gives up rights (`inside.confine`): the identity of root, if root
grades; privileges; files that are not listed; system calls that are not listed (`syscalls`). The
`monitor` limits what all processes of a submission use together. `probe` chooses the kind: "none"
only on request.
"""

import base64
import contextlib
import functools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from typing import Any, Self

from autograder.content import Content
from autograder.sandbox import syscalls, view
from autograder.sandbox.bubblewrap import bubblewrap
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.folders import claimed_folder, remove, remove_abandoned, remove_sandbox
from autograder.sandbox.inside import confine
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import HOLDER, Process, waiting
from autograder.sandbox.template import Template
from autograder.sandbox.users import count_tasks, spare_user

# The kernel's limit on processes is this much above `Limits.processes`, so that the monitor notices
# the excess first and can report it.
SPARE_PROCESSES = 16
PROBE_SECONDS = 60  # wall time after which a sandbox that is tried counts as not working


class Sandbox:
    """A sandbox that can start processes. Raises SandboxError if it cannot be made.

    kind : see above; `probe.choose` returns one that works
    content : its student package and kit are visible; None: neither
    hidden : names of modules of the student package that cannot be imported
    fonts : see `view.fill`
    """

    def __init__(
        self,
        kind: str,
        limits: Limits | None = None,
        content: Content | None = None,
        hidden: Collection[str] = (),
        fonts: bool = True,
    ) -> None:
        self.kind, self.limits, self.content = kind, limits or Limits(), content
        self.template: Template | None = None  # started for the first submission
        remove_abandoned()
        self.folder, self.claim = claimed_folder()
        self.visible = self.folder / "visible"
        try:
            self.filter = b"" if kind == "none" else system_call_filter(kind)
            self.files_limited = kind == "landlock" or landlock_works()
            user = spare_user()
            if user is not None:
                self.folder.chmod(0o711)  # the submission's user has to reach folders in it
                if kind == "landlock" and view.is_closed(self.folder.parent):
                    raise SandboxError(
                        f"{self.folder.parent} is closed to other users, among them the one that "
                        "runs student code: set TMPDIR to a folder that is not"
                    )
            view.fill(self.visible, kind, content, hidden, user, fonts)
        except BaseException:
            self.close()
            raise
        self.warm = kind == "bubblewrap"  # fork the template as long as that works

    def close(self) -> None:
        """End the template and remove the sandbox's folder."""
        if self.template:
            self.template.close()
        remove_sandbox(self.folder)
        self.claim.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def start(self, snapshots: int) -> tuple[Process, list[socket.socket], str]:
        """Start a submission's process; return it, the grader's ends of sockets, and its scratch.

        The sockets are one for control and one for each of the ``snapshots``. Raises SandboxError.
        """
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

    def new_scratch(self, user: int | None) -> str:
        """Make an empty folder for this user to write to; with bubblewrap it has /tmp instead."""
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=self.folder)
        if self.kind == "landlock" and user is not None:
            os.chown(scratch, user, user)
        return scratch

    def process(
        self,
        command: list[str],
        scratch: str | None,
        user: int | None,
        descriptors: Sequence[int] = (),
        **options: Any,
    ) -> Process:
        """Start a process that runs a command in a new sandbox. Raises OSError.

        scratch : see `new_scratch`; with bubblewrap it can be None
        descriptors : that the process keeps
        options : of Popen
        """
        home = "/tmp" if self.kind == "bubblewrap" or scratch is None else scratch
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

    def sandboxed(self, command: list[str], user: int | None) -> list[str]:
        """The command line that runs a command in a sandbox; the command confines itself."""
        if command == HOLDER:
            return [*self.namespaces(user), *command]
        kept = [*self.plain_python("reaper.py"), *command]
        return [*self.namespaces(user), *kept] if self.kind == "bubblewrap" else kept

    def namespaces(self, user: int | None) -> list[str]:
        """The command line of bubblewrap, up to the command that it runs."""
        options = bubblewrap(self.limits.scratch, user)
        return [*options, *self.mounts, "--chdir", "/tmp", "--"]

    @functools.cached_property
    def mounts(self) -> list[str]:
        """bubblewrap's options for what is visible: see `view.mounts`."""
        return view.mounts(self.visible, self.files_limited, self.content)

    def plain_python(self, script: str) -> list[str]:
        """The command that runs a script of ``inside`` without packages, which starts faster."""
        place = f"{view.INSIDE}/runner" if self.kind == "bubblewrap" else view.SCRIPTS
        return [view.PYTHON, "-I", "-S", f"{place}/{script}"]

    def rules(self, user: int | None, scratch: str | None = None) -> dict[str, object]:
        """The arguments of `confine.confine`."""
        files = self.files
        if self.kind == "landlock" and files is not None:
            files = {**files, "write": [str(scratch), *files["write"]]}
        return {"user": user, "files": files, "program": base64.b64encode(self.filter).decode()}

    @functools.cached_property
    def files(self) -> dict[str, list[str]] | None:
        """Landlock's rules without the process's scratch folder; None without Landlock."""
        if self.kind == "landlock":
            return view.rules(self.visible, spare_user(), self.content)
        return view.rules_of_mounts(self.content) if self.files_limited else None

    def forked(self, descriptors: Sequence[int], user: int | None) -> Process | None:
        """Start a submission's process as a fork of the `Template`; None if that is not possible.

        Faster than `process`. The result is the holder of the fork's sandbox.
        """
        if not self.warm:
            return None
        holder = None
        try:
            if self.template is None:
                home = self.folder / "template"
                home.mkdir()
                environment, rules = self.environment(str(home)), self.rules(None)
                students = self.content.students if self.content else None
                self.template = Template(
                    view.PYTHON, environment, self.visible, students, self.imports, rules
                )
            pipe = subprocess.PIPE
            holder = self.process(HOLDER, None, user, stdin=pipe, stdout=pipe, bufsize=0)
            request = {
                "user": user,
                "folder": view.INSIDE,
                "limits": self.limits.resources(self.process_limit(user)),
                "environment": {**self.environment("/tmp"), "PWD": "/tmp"},  # set by bubblewrap
            }
            self.template.fork(waiting(holder), request, descriptors)
            return holder
        except OSError:  # an older kernel, or the template was killed: no template from now on
            self.warm = False
            if holder:
                self.stop(holder)
            return None

    def attempt(self) -> str | None:
        """Start a process that does nothing; return None if it works, else its error message."""
        user = spare_user()
        command = [view.python(self.visible), "-I", "-S", "-c", "pass"]
        scratch = self.new_scratch(user)
        process = self.process(command, scratch, user, stderr=subprocess.PIPE)
        try:
            _, said = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return "it did not answer"
        finally:
            self.stop(process, scratch)
        message = said.decode(errors="replace").strip()
        return None if process.returncode == 0 else message or f"exit {process.returncode}"

    def reason(self) -> str:
        """The last line of what a start that fails prints, in brackets; empty if it is not known.

        Starts once more: a submission's process has no stderr, which its snapshots would share.
        """
        try:
            said = self.attempt()
        except OSError as error:
            said = str(error)
        return f" ({said.splitlines()[-1]})" if said else ""

    def writable(self, scratch: str) -> list[str]:
        """The folders that a process in this sandbox can write to, as it sees them."""
        return ["/tmp", "/dev/shm", "/dev/pts"] if self.kind == "bubblewrap" else [scratch]

    def folders(self, pid: int, scratch: str) -> list[str]:
        """The same folders as the grader sees them."""
        root = f"/proc/{pid}/root" if self.kind == "bubblewrap" else ""  # the process's /
        return [f"{root}{folder}" for folder in self.writable(scratch)]

    @staticmethod
    def stop(process: Process, scratch: str | None = None) -> None:
        """End a process and all that it started, and remove its scratch folder."""
        process.stop()
        if scratch:
            remove(scratch)

    def environment(self, home: str) -> dict[str, str]:
        """The environment of a process in this sandbox; student code can read it."""
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
    def imports(self) -> list[str]:
        """The folders that Python imports packages from, as the process sees them."""
        if self.kind == "none":
            return []
        if self.kind == "bubblewrap":
            return [os.path.realpath(place) for place in view.importable(self.content)]
        return [str(path) for path in sorted((self.visible / "imports").iterdir())]

    def shell(self, descriptors: Sequence[int], user: int | None) -> list[str]:
        """The command of a submission's process: see `inside.shell`."""
        folder = view.INSIDE if self.kind == "bubblewrap" else str(self.visible)
        python = [sys.executable, "-I"]
        if self.kind != "none":
            python = [view.python(self.visible), "-I", "-S"]
        limits = self.limits.resources(self.process_limit(user))
        return [
            *(*python, f"{folder}/runner/shell.py", folder),
            *(json.dumps(self.imports), json.dumps(limits), *map(str, descriptors)),
        ]

    def process_limit(self, user: int | None) -> int | None:
        """The value of RLIMIT_NPROC for a submission; None where it has no effect.

        The kernel counts all processes of the user: those of the grader too, without a user of its
        own. The value is `SPARE_PROCESSES` above `Limits.processes`.
        """
        most = self.limits.processes + SPARE_PROCESSES
        if user is not None and self.kind != "none":
            return most
        if os.geteuid() == 0:
            return None  # the kernel does not limit root
        version = re.findall(r"\d+", os.uname().release)
        if self.kind == "bubblewrap" and tuple(map(int, version[:2])) >= (5, 14):
            return most
        return count_tasks(os.geteuid()) + most


@functools.cache
def landlock_works() -> bool:
    """True if this kernel has Landlock."""
    return confine.landlock_abi() > 0


def system_call_filter(kind: str) -> bytes:
    """Make the system call filter of a kind of sandbox. Raises SandboxError if that fails."""
    try:
        return syscalls.program(own_files=kind == "bubblewrap")
    except OSError as error:
        raise SandboxError(
            f"the filter of system calls cannot be made ({error}): install libseccomp "
            "(`apt-get install libseccomp2`)"
        ) from None
