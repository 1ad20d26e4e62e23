"""The fence around a student's process: what it may see and use, and how it is started.

Two kinds, tried in this order, and never less than what was asked for:

bubblewrap  namespaces: no network, no processes, files or environment but its own
landlock    the same files; weaker (see `landlock`), and labelled so wherever it is used

Both with a filter of system calls (see `syscalls`), where the system has the library for it; what
is in force, `describe` says. Together a submission's processes are watched (see `watch`).

``none`` runs the student's code as the grader itself. It has to be asked for by name, and every
graded notebook says so.
"""

import contextlib
import dataclasses
import fcntl
import functools
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import course
from autograder.sandbox import keeper, syscalls
from autograder.sandbox.template import PATIENCE, Template
from autograder.sandbox.watch import Watch

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
COURSE = Path(course.__file__).resolve().parent
MEGABYTE = 1 << 20
PLAIN_PYTHON = [sys.executable, "-I", "-S"]  # starts faster; for what needs no packages
PROBE_SECONDS = 60  # wall time until a fence that was tried is taken not to work
STOP_SECONDS = 10  # wall time to end everything in an orderly way

DESCRIPTION = {
    "bubblewrap": "bubblewrap: no network, no view of files or processes outside",
    "landlock": "Landlock, weaker than bubblewrap: no files outside, no network; before Linux 6.12 "
    "other processes can be signalled",
    "none": "NONE: student code has all the rights of the grader, to read and change files too",
}
INSIDE = "/grader"  # where bubblewrap shows what is visible
HOLDER = ["/usr/bin/cat"]  # keeps a fence until its input ends
HIDDEN = """raise ImportError("course.{name} is not there while submissions are graded")\n"""
WITHOUT_FILTER = {
    "bubblewrap": "",
    "landlock": ", so UDP is open, and before Linux 6.7 TCP too",
}


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


@functools.cache
def interpreter_paths():
    """The folders that hold this Python and its packages, and what they link to."""
    prefixes = {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}
    return sorted({os.path.abspath(p) for p in prefixes} - {"/usr"})


SYSTEM_PATHS = (
    *("/usr", "/lib", "/lib64", "/bin"),
    *("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives"),
)
DEVICES = ("/dev/zero", "/dev/random", "/dev/urandom")  # bubblewrap brings a /dev of its own


def hiding_places():
    """Where something private would be seen through a folder that is visible.

    By pairs: that path, and the private thing itself. Links are followed, so that a folder seen
    under two names hides it under both.
    """
    for folder in (*SYSTEM_PATHS, *interpreter_paths()):
        real = Path(os.path.realpath(folder))
        for private in private_paths():
            if private.is_relative_to(real):
                yield folder / private.relative_to(real), private


class Process(subprocess.Popen):
    """A fenced process, watched over until `Fence.stop`."""

    def __init__(self, command, limits, **options):
        super().__init__(command, **options)
        self.watch = Watch(self, limits)

    @property
    def broken(self):
        """The limit for which it and all it started were ended, as a sentence's end, or None."""
        return self.watch.broken


class Fence:
    """One kind of fence, ready to start processes. Use `choose` to get one that works.

    ``hidden`` names modules of `course` that the student's process must not be able to import.
    """

    def __init__(self, kind, limits=Limits(), hidden=()):
        self.kind, self.limits = kind, limits
        remove_abandoned()
        self.folder, self.claim = claimed_folder()
        self.visible = self.folder / "visible"
        self.filter = None if filter_problem(kind) else self.folder / "filter"
        if self.filter:
            self.filter.write_bytes(syscalls.program())
        self.fill(hidden)
        # Only behind the filter: without it one user's submissions would share its key rings.
        self.warm = kind == "bubblewrap" and self.filter is not None
        self.template = None  # started for the first submission

    def fill(self, hidden):
        """Copy what the process may see: the course's student package, the shell, known fonts."""
        unwanted = shutil.ignore_patterns("__pycache__", *(f"{name}.py" for name in hidden))
        shutil.copytree(COURSE, self.visible / "course", ignore=unwanted)
        (self.visible / "runner" / "matplotlib").mkdir(parents=True)
        for name in ("shell.py", "wire.py", "observe.py", "compile_log.py"):
            shutil.copy(HERE / name, self.visible / "runner")
        for fonts in known_fonts():
            shutil.copy(fonts, self.visible / "runner" / "matplotlib")
        for name in hidden:
            (self.visible / "course" / f"{name}.py").write_text(HIDDEN.format(name=name))

    def close(self):
        if self.template:
            self.template.close()
        remove(self.folder)
        self.claim.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def start(self, snapshots):
        """Start a `Process`; returns it with the grader's end of 1 + ``snapshots`` sockets."""
        pairs = [socket.socketpair() for _ in range(1 + snapshots)]
        ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=self.folder)
        descriptors = [sock.fileno() for sock in theirs]
        try:
            process = self.forked(descriptors) or self.process(scratch, descriptors)
        except OSError as error:
            for sock in ours:
                sock.close()
            remove(scratch)
            raise FenceError(f"The sandbox could not be started: {error}") from error
        finally:
            for sock in theirs:
                sock.close()
        return process, ours, scratch

    def process(self, scratch, descriptors, command=None, **options):
        """A new process in a new fence: a shell that serves the sockets, or another command."""
        home = "/tmp" if self.kind == "bubblewrap" else scratch
        with contextlib.ExitStack() as opened:
            program = (
                opened.enter_context(open(self.filter, "rb")).fileno() if self.filter else None
            )
            return Process(
                self.fenced(command or self.shell(descriptors), scratch, program),
                self.limits,
                env=self.environment(home),
                cwd="/" if self.kind == "bubblewrap" else scratch,
                pass_fds=[*descriptors, *([] if program is None else [program])],
                start_new_session=True,
                **(dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | options),
            )

    def forked(self, descriptors):
        """The same from the `Template`: faster. None where that is not possible."""
        if not self.warm:
            return None
        holder = None
        try:
            if self.template is None:
                home = self.folder / "template"
                home.mkdir()
                self.template = Template(self.environment(home), self.visible, self.filter)
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
            holder = self.process(None, [], HOLDER, **pipes)
            request = {
                "folder": INSIDE,
                "limits": self.limits.resources(self.process_limit()),
                "environment": {**self.environment("/tmp"), "PWD": "/tmp"},  # as bubblewrap says
            }
            self.template.fork(waiting(holder), holder.stdin.fileno(), request, descriptors)
            holder.stdin.close()  # the fork has it now, and with the fork the holder ends
            return holder
        except OSError:  # an older kernel, or the template was ended: from now on without
            self.warm = False
            if holder:
                self.stop(holder)
            return None

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
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()
        if scratch:
            remove(scratch)

    def environment(self, home):
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": f"{home}/.ipython",
            "MPLCONFIGDIR": f"{home}/.matplotlib",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }

    def shell(self, descriptors):
        """The command of a submission's process."""
        folder = INSIDE if self.kind == "bubblewrap" else str(self.visible)
        limits = json.dumps(self.limits.resources(self.process_limit()))
        python = [os.path.abspath(sys.executable), "-I", f"{folder}/runner/shell.py"]
        return [*python, folder, limits, *map(str, descriptors)]

    def fenced(self, command, scratch, program):
        """What to execute; ``program`` is a descriptor of the system-call filter, or None."""
        keeper = [*PLAIN_PYTHON, str(HERE / "keeper.py")]
        match self.kind:
            case "bubblewrap":
                fence = [*bubblewrap(self.limits.scratch, program), *self.mounts]
                fence += ["--chdir", "/tmp", "--"]
            case "landlock":
                read_only = [*SYSTEM_PATHS, *DEVICES, *interpreter_paths(), self.visible]
                fence = [*keeper, *landlock(read_only, (scratch, "/dev/null"), program)]
            case "none":
                fence = keeper
        return [*fence, *command]

    @functools.cached_property
    def mounts(self):
        """Bubblewrap's options for what is visible, in order: later ones cover earlier ones."""
        options = read_only((*SYSTEM_PATHS, *interpreter_paths()))
        for place, private in hiding_places():
            options += ["--tmpfs", str(place)]
            for path in interpreter_paths():  # an environment inside the project
                if Path(path).is_relative_to(private):
                    options += ["--ro-bind", path, path]
            options += ["--remount-ro", str(place)]
        return [*options, "--ro-bind", str(self.visible), INSIDE, "--remount-ro", "/"]

    def process_limit(self):
        """Inside bubblewrap only its own processes count, from Linux 5.14; else all the user's."""
        if os.geteuid() == 0:
            return None  # the kernel does not hold root to it
        version = re.findall(r"\d+", os.uname().release)
        if self.kind == "bubblewrap" and tuple(map(int, version[:2])) >= (5, 14):
            return self.limits.processes
        mine = [p for p in Path("/proc").glob("[0-9]*/task/*") if owner(p) == os.geteuid()]
        return len(mine) + self.limits.processes


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
                remove(folder)


def known_fonts():
    """matplotlib's lists of the fonts it has found; finds them now if it never has."""
    import matplotlib

    cache = Path(matplotlib.get_cachedir())
    if not list(cache.glob("fontlist-*.json")):
        import matplotlib.font_manager  # writes the list
    return list(cache.glob("fontlist-*.json"))


def owner(path):
    """The user id that owns a path; None if it is gone."""
    try:
        return path.stat().st_uid
    except OSError:
        return None


def private_paths():
    """What no student's process may read, wherever it is installed.

    The whole project, or in an ordinary installation the two packages: `course` is seen as `Fence`
    copied it, without what is hidden in this unit. And the folder that is being graded in, with
    its gradebook and submissions.
    """
    here = [Path.cwd()] if Path("nbgrader_config.py").is_file() else []
    checkout = (PROJECT / "pyproject.toml").is_file()
    installed = Path(os.path.realpath(sysconfig.get_paths()["purelib"]))
    places = [HERE.parent, COURSE, installed / "autograder", installed / "course"]
    places += [*([PROJECT] if checkout else []), *here]
    return [path for path in places if path.exists()]


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


def read_only(paths):
    """Bubblewrap's options for folders and files that may be seen, as far as they exist."""
    return [option for path in paths for option in ("--ro-bind-try", path, path)]


def bubblewrap(scratch, program=None):
    """The namespaces, empty file systems and system calls; needs absolute paths throughout."""
    return [
        *(shutil.which("bwrap"), "--unshare-all", "--unshare-user", "--die-with-parent"),
        *("--new-session", *no_namespaces()),
        *([] if program is None else ["--seccomp", str(program)]),
        *("--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "fence"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(scratch), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--size", str(scratch), "--tmpfs", "/tmp"),
    ]


def landlock(read_only, read_write, program=None):
    """The same with Landlock, as far as it goes."""
    lists = ["\n".join(map(str, paths)) for paths in (read_only, read_write)]
    return [
        *PLAIN_PYTHON,
        str(HERE / "landlock.py"),
        *lists,
        "" if program is None else str(program),
    ]


def attempt(command, descriptors=()):
    """None if ``command``, a fence, can run something; else what it said."""
    try:
        probe = subprocess.run(
            [*command, "/usr/bin/env", "true"],
            pass_fds=descriptors,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "it did not answer"
    return None if probe.returncode == 0 else probe.stderr.strip() or f"exit {probe.returncode}"


@functools.cache
def bubblewrap_problem():
    """None if bubblewrap works here, else the reason: containers often forbid namespaces."""
    if shutil.which("bwrap") is None:
        return "bubblewrap (bwrap) is not installed"
    said = attempt([*bubblewrap(MEGABYTE), *read_only(SYSTEM_PATHS), "--"])
    return said and f"bubblewrap does not work here: {said}"


@functools.cache
def landlock_problem():
    """None if Landlock works here, else the reason."""
    if said := attempt(landlock(SYSTEM_PATHS, ["/dev/null"])):
        return f"Landlock does not work here: {said}"
    for place, _ in hiding_places():
        return f"Landlock cannot hide {place}, which lies inside a folder that students must see"
    return None


@functools.cache
def filter_problem(kind):
    """None if this kind of fence has a system-call filter here, else the reason."""
    if kind == "none":
        return "not asked for"
    try:
        with tempfile.TemporaryFile() as file:
            file.write(syscalls.program())
            file.seek(0)
            if kind == "landlock":
                command = landlock(SYSTEM_PATHS, ["/dev/null"], file.fileno())
            else:
                command = [*bubblewrap(MEGABYTE, file.fileno()), *read_only(SYSTEM_PATHS), "--"]
            return attempt(command, [file.fileno()])
    except OSError as error:
        return str(error)


def describe(kind):
    """What a kind of fence stops here, in one line."""
    problem = filter_problem(kind)
    if kind == "none" or not problem:
        return DESCRIPTION[kind]
    lacks = f"without a system-call filter ({problem}){WITHOUT_FILTER[kind]}"
    return f"{DESCRIPTION[kind]}; {lacks}"


def choose(wanted="auto"):
    """The kind of fence to use: ``wanted``, or for "auto" the strongest that works here.

    Raises FenceError if that is not to be had.
    """
    problems = {
        "bubblewrap": bubblewrap_problem,
        "landlock": landlock_problem,
        "none": lambda: None,
    }
    if wanted not in ("auto", *problems):
        raise FenceError(f"unknown sandbox {wanted!r}: use auto, {', '.join(problems)}")
    found = []
    for kind in ("bubblewrap", "landlock") if wanted == "auto" else (wanted,):
        problem = problems[kind]()
        if problem is None:
            return kind
        found.append(problem)
    raise FenceError(
        f"No sandbox: {'; '.join(found)}. Install bubblewrap (`apt-get install bubblewrap`), "
        "or, if you trust every submission, say --sandbox none."
    )
