"""The fence around a student's process: what it may see and use, and how it is started.

Two kinds, tried in this order, and never less than what was asked for:

bubblewrap  namespaces: no network, no processes, files or environment but its own
landlock    the same files; weaker (see `confine`), and labelled so wherever it is used

In both, the process gives up what it must not have (`confine`): if root grades, the identity of
root, for a user of its own; privileges; files that are not listed; system calls that are not
listed. Without the library for that list there is no fence. Together a submission's processes are
watched (see `watch`).

``none`` runs the student's code as the grader itself. It has to be asked for by name, and every
graded notebook says so.
"""

import base64
import contextlib
import dataclasses
import fcntl
import functools
import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.sandbox import confine, keeper, packages, syscalls, view
from autograder.sandbox.template import PATIENCE, Template
from autograder.sandbox.watch import Watch

MEGABYTE = 1 << 20
SPARE_PROCESSES = 16  # that the kernel lets a submission start beyond its limit
PROBE_SECONDS = 60  # wall time until a fence that was tried is taken not to work
STOP_SECONDS = 10  # wall time to end everything in an orderly way
# Users that no system gives to anybody (systemd's list, uids-gids): 64 for each process id.
FIRST_USER, USERS, USERS_PER_PROCESS = 0x70000000, 1 << 28, 64

SCOPED_SIGNALS = 6  # the version of Landlock (Linux 6.12) that keeps signals inside

DESCRIPTION = {
    "bubblewrap": "bubblewrap: no network, no view of files or processes outside",
    "landlock": "Landlock, weaker than bubblewrap: no file outside can be opened, no network; "
    "whether a file exists can be asked",
    "none": "NONE: student code has all the rights of the grader, to read and change files too",
}
HOLDER = ["/usr/bin/cat"]  # keeps a fence until its input ends


class FenceError(Exception):
    """No fence of the kind that was asked for works here; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use. CPU times in seconds, sizes in bytes."""

    cell_seconds: float = 10.0
    call_seconds: float = 5.0
    cpu_seconds: int = 120  # in all, per process
    memory: int = 2048 * MEGABYTE  # address space, per process
    total_memory: int = 3072 * MEGABYTE  # of all processes, what they share counted once
    processes: int = 64  # and threads
    file_size: int = 64 * MEGABYTE
    open_files: int = 256
    scratch: int = 128 * MEGABYTE  # of /tmp and of /dev/shm
    answer: int = 4 * MEGABYTE  # one message over the border
    deaths: int = 3  # processes that may die before the rest is left ungraded

    def resources(self, processes):
        """Names and values for ``setrlimit``; ``processes`` is None where it cannot be limited."""
        limits = {
            "RLIMIT_AS": self.memory,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }
        return limits if processes is None else {**limits, "RLIMIT_NPROC": processes}


class Process(subprocess.Popen):
    """A fenced process, watched over until `Fence.stop`.

    sockets : the inodes of its sockets
    """

    sockets = ()

    def __init__(self, command, limits, **options):
        super().__init__(command, **options)
        self.watch = Watch(self, limits)

    @property
    def broken(self):
        """The limit for which it and all it started were ended, as a sentence's end, or None."""
        return self.watch.broken


class Fence:
    """One kind of fence, ready to start processes. Use `choose` to get one that works.

    hidden : names of modules of `course` that the student's process must not be able to import
    fonts : see `view.fill`
    """

    def __init__(self, kind, limits=Limits(), hidden=(), fonts=True):
        self.kind, self.limits = kind, limits
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
                    raise FenceError(
                        f"{self.folder.parent} is closed to other users, and so to the one that "
                        "runs student code: set TMPDIR to a folder that is not"
                    )
            view.fill(self.visible, kind, hidden, user, fonts)
        except BaseException:
            self.close()
            raise
        self.warm = kind == "bubblewrap"

    def close(self):
        if self.template:
            self.template.close()
        remove_fence(self.folder)
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
            raise FenceError(f"The sandbox could not be started: {error}") from error
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
        """A new process in a new fence that runs a command."""
        home = "/tmp" if self.kind == "bubblewrap" else scratch
        with contextlib.ExitStack() as opened:
            if self.kind != "none" and command != HOLDER:
                rules = opened.enter_context(open(os.memfd_create("rules"), "w+"))
                json.dump(self.rules(user, scratch), rules)
                rules.flush()
                descriptors = [*descriptors, rules.fileno()]
                command = [*self.plain_python("confine.py"), str(rules.fileno()), *command]
            return Process(
                self.fenced(command, user),
                self.limits,
                env=self.environment(home),
                cwd="/" if self.kind == "bubblewrap" else scratch,
                pass_fds=descriptors,
                start_new_session=True,
                **(dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | options),
            )

    def fenced(self, command, user):
        """What to execute for a command that confines itself."""
        if command == HOLDER:
            return [*self.namespaces(user), *command]
        kept = [*self.plain_python("keeper.py"), *command]
        return [*self.namespaces(user), *kept] if self.kind == "bubblewrap" else kept

    def namespaces(self, user):
        """bubblewrap, up to the command."""
        options = bubblewrap(self.limits.scratch, user)
        return [*options, *self.mounts, "--chdir", "/tmp", "--"]

    @functools.cached_property
    def mounts(self):
        return view.mounts(self.visible, self.files_limited)

    def plain_python(self, script):
        """The command that runs a script of ours without packages: it starts faster."""
        place = f"{view.INSIDE}/runner" if self.kind == "bubblewrap" else view.HERE
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
            return view.rules(self.visible, spare_user())
        return view.rules_of_mounts() if self.files_limited else None

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
                self.template = Template(
                    view.PYTHON, environment, self.visible, self.imports, rules
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
        """The folders that a process in this fence can write to, as seen from here."""
        if self.kind == "bubblewrap":
            seen = f"/proc/{pid}/root"  # what it sees as /
            return [f"{seen}/tmp", f"{seen}/dev/shm"]
        return [str(scratch)]

    @staticmethod
    def stop(process, scratch=None):
        """End the process and all it started."""
        process.watch.close()
        process.terminate()  # bubblewrap's namespace, or `keeper`, ends all the others
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
        """The environment of a process in this fence, all of which student code can read."""
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
            return [os.path.realpath(place) for place in packages.kit()]
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

        More than `Limits.processes`, so that `Watch` sees that too many were started.
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


def count_tasks(user):
    """How many processes and threads a user has."""
    count = 0
    for place in (Path("/proc") / name for name in os.listdir("/proc") if name.isdigit()):
        if owner(place) == user:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                count += len(os.listdir(place / "task"))
    return count


counter = itertools.count()


def spare_user():
    """A user who is nobody else here, for one submission; None if the grader cannot choose one.

    Only root can, and only among the users of its user namespace: a container may have few.
    """
    first, count = users()
    if os.geteuid() != 0 or count < 2 * USERS_PER_PROCESS:
        return None
    number = os.getpid() * USERS_PER_PROCESS + next(counter) % USERS_PER_PROCESS
    if first + count >= FIRST_USER + USERS:
        return FIRST_USER + number % USERS
    return first + count - 2 - number % (count // 2)  # from above: accounts begin below


@functools.cache
def users():
    """The largest range of users that this user namespace has: (first, how many)."""
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    return max(((int(a), int(n)) for a, _, n in map(str.split, lines)), key=lambda pair: pair[1])


def waiting(holder):
    """The pid of a `HOLDER` that a `Process` has started, once its fence is complete."""
    holder.stdin.write(b"\n")
    if not select.select([holder.stdout], [], [], PATIENCE)[0] or not holder.stdout.read(1):
        raise OSError("the fence was not completed")
    return list(keeper.descendants(holder.pid))[-1]


def claimed_folder():
    """A new folder for a fence, and the open file that says that its owner lives."""
    new = Path(tempfile.mkdtemp(prefix="new-fence-"))
    claim = open(new / "claim", "w")  # noqa: SIM115  (open as long as its fence)
    fcntl.flock(claim, fcntl.LOCK_EX)
    folder = new.with_name(new.name.removeprefix("new-"))
    new.rename(folder)
    return folder, claim


def remove_abandoned():
    """Remove what graders have left that were killed: folders that nobody claims any more."""
    for folder in Path(tempfile.gettempdir()).glob("fence-*"):
        with contextlib.suppress(OSError), open(folder / "claim") as claim:
            if owner(folder) == os.geteuid():
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_fence(folder)


def owner(path):
    """The user id that owns a path; None if it is gone."""
    try:
        return path.stat().st_uid
    except OSError:
        return None


def remove_fence(folder):
    """Remove a fence's folder; what is linked into it stays as it is (`view.lend`)."""
    for scratch in folder.glob("scratch-*"):
        remove(scratch)
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def remove(folder):
    """Remove a folder that student code could write to: locked, or deeper than Python can go."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # most are empty
        return
    for command in (["chmod", "-R", "u+rwx", "--"], ["rm", "-rf", "--"]):
        subprocess.run([*command, folder], stderr=subprocess.DEVNULL, check=False)


@functools.cache
def no_namespaces():
    """The option that forbids namespaces inside the namespace, where bubblewrap (0.8) has it."""
    told = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    return ["--disable-userns"] if "--disable-userns" in told.stdout + told.stderr else []


def bubblewrap(scratch, user):
    """The namespaces and empty file systems; needs absolute paths throughout.

    There is no /proc: through its links a process reaches its own program as the machine has it,
    where it can be written to, and its files count what other submissions do.

    Root makes them without a user namespace: its mounts reach what lies in /root, and the process
    becomes another user, real and without rights, before it does anything (`confine`).
    """
    identity = ["--unshare-user", *no_namespaces(), "--uid", "1000", "--gid", "1000"]
    rights = ["--cap-drop", "ALL"]
    if user is not None:
        identity, rights = [], [*rights, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    tmpfs = ["--perms", "1777", "--size", str(scratch), "--tmpfs"]
    return [
        *(shutil.which("bwrap") or "bwrap", *identity, *rights),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "fence"),
        *("--dev", "/dev"),
        *(*tmpfs, "/dev/shm", "--remount-ro", "/dev", *tmpfs, "/tmp"),
    ]


@functools.cache
def landlock_works():
    """True if this kernel has Landlock."""
    return confine.landlock_abi() > 0


def system_call_filter(kind):
    """The filter of system calls for a kind of fence. Raises FenceError if it cannot be made."""
    try:
        return syscalls.program(own_files=kind == "bubblewrap")
    except OSError as error:
        raise FenceError(
            f"the filter of system calls cannot be made ({error}): install libseccomp "
            "(`apt-get install libseccomp2`)"
        ) from None


@functools.cache
def problem(kind):
    """None if this kind of fence works here, else the reason: containers often forbid namespaces.

    Tried with a process that does nothing.
    """
    if kind == "none":
        return None
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        return "bubblewrap (bwrap) is not installed"
    if kind == "landlock" and not landlock_works():
        return "this kernel has no Landlock"
    try:
        with Fence(kind, fonts=False) as fence:
            said = fence.attempt()
    except (OSError, FenceError) as error:
        said = str(error)
    return said and f"{kind} does not work here: {said}"


def describe(kind):
    """What a kind of fence stops here, in one line."""
    if kind == "landlock" and spare_user() is None and confine.landlock_abi() < SCOPED_SIGNALS:
        return f"{DESCRIPTION[kind]}, and your other processes can be signalled"
    return DESCRIPTION[kind]


def choose(wanted="auto"):
    """The kind of fence to use: ``wanted``, or for "auto" the strongest that works here.

    Raises FenceError if that is not to be had.
    """
    kinds = ("bubblewrap", "landlock", "none")
    if wanted not in ("auto", *kinds):
        raise FenceError(f"unknown sandbox {wanted!r}: use auto, {', '.join(kinds)}")
    found = []
    for kind in kinds[:2] if wanted == "auto" else (wanted,):
        if (said := problem(kind)) is None:
            return kind
        found.append(said)
    raise FenceError(
        f"No sandbox: {'; '.join(found)}. Install bubblewrap (`apt-get install bubblewrap`), "
        "or, if you trust every submission, say --sandbox none."
    )
