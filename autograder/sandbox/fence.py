"""The fence around a student's process: what it may see and use, and how it is started.

Two kinds, tried in this order, and never less than what was asked for:

bubblewrap  namespaces: no network, no processes, files or environment but its own
landlock    the same files; weaker (see `landlock`), and labelled so wherever it is used

``none`` runs the student's code as the grader itself. It has to be asked for by name, and every
graded notebook says so.
"""

import dataclasses
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import course

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
COURSE = Path(course.__file__).resolve().parent
MEGABYTE = 1 << 20
STOP_SECONDS = 10  # wall time to end everything in an orderly way

DESCRIPTION = {
    "bubblewrap": "bubblewrap: no network, no view of files or processes outside",
    "landlock": "Landlock, weaker than bubblewrap: no files outside; UDP is open, and before Linux "
    "6.12 other processes can be signalled, before 6.7 TCP is open too",
    "none": "NONE: student code has all the rights of the grader, to read and change files too",
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
    processes: int = 64
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


class Fence:
    """One kind of fence, ready to start processes. Use `choose` to get one that works.

    ``hidden`` names modules of `course` that the student's process must not be able to import.
    """

    def __init__(self, kind, limits=Limits(), hidden=()):
        self.kind, self.limits = kind, limits
        self.folder = Path(tempfile.mkdtemp(prefix="fence-"))
        self.visible = self.folder / "visible"
        self.fill(hidden)

    def fill(self, hidden):
        """Copy what the process may see: the course's student package, the shell, known fonts."""
        unwanted = shutil.ignore_patterns("__pycache__", *(f"{name}.py" for name in hidden))
        shutil.copytree(COURSE, self.visible / "course", ignore=unwanted)
        (self.visible / "runner" / "matplotlib").mkdir(parents=True)
        for name in ("shell.py", "wire.py", "observe.py"):
            shutil.copy(HERE / name, self.visible / "runner")
        for fonts in known_fonts():
            shutil.copy(fonts, self.visible / "runner" / "matplotlib")

    def close(self):
        remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def start(self, snapshots):
        """Start a process; returns it with the grader's end of 1 + ``snapshots`` sockets."""
        pairs = [socket.socketpair() for _ in range(1 + snapshots)]
        ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=self.folder)
        try:
            process = subprocess.Popen(
                self.command(scratch, [sock.fileno() for sock in theirs]),
                env=self.environment("/tmp" if self.kind == "bubblewrap" else scratch),
                cwd="/" if self.kind == "bubblewrap" else scratch,
                pass_fds=[sock.fileno() for sock in theirs],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            for sock in ours:
                sock.close()
            raise FenceError(f"The sandbox could not be started: {error}") from error
        finally:
            for sock in theirs:
                sock.close()
        return process, ours, scratch

    @staticmethod
    def stop(process, scratch):
        """End the process and all it started."""
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

    def command(self, scratch, descriptors):
        folder = "/grader" if self.kind == "bubblewrap" else str(self.visible)
        limits = json.dumps(self.limits.resources(self.process_limit()))
        shell = [os.path.abspath(sys.executable), "-I", f"{folder}/runner/shell.py", limits]
        shell += map(str, descriptors)
        keeper = [sys.executable, "-I", str(HERE / "keeper.py")]
        match self.kind:
            case "bubblewrap":
                fence = [*bubblewrap(self.limits.scratch), *self.mounts(), "--chdir", "/tmp", "--"]
            case "landlock":
                read_only = [*SYSTEM_PATHS, *DEVICES, *interpreter_paths(), self.visible]
                lists = ["\n".join(map(str, read_only)), f"{scratch}\n/dev/null"]
                fence = [*keeper, sys.executable, "-I", str(HERE / "landlock.py"), *lists]
            case "none":
                fence = keeper
        return [*fence, *shell]

    def mounts(self):
        """Bubblewrap's options for what is visible, in order: later ones cover earlier ones."""
        options = read_only((*SYSTEM_PATHS, *interpreter_paths()))
        for place, private in hiding_places():
            options += ["--tmpfs", str(place)]
            for path in interpreter_paths():  # an environment inside the project
                if Path(path).is_relative_to(private):
                    options += ["--ro-bind", path, path]
            options += ["--remount-ro", str(place)]
        return [*options, "--ro-bind", str(self.visible), "/grader", "--remount-ro", "/"]

    def process_limit(self):
        """Inside bubblewrap only its own processes count, from Linux 5.14; else all the user's."""
        if os.geteuid() == 0:
            return None  # the kernel does not hold root to it
        version = re.findall(r"\d+", os.uname().release)
        if self.kind == "bubblewrap" and tuple(map(int, version[:2])) >= (5, 14):
            return self.limits.processes
        mine = [p for p in Path("/proc").glob("[0-9]*/task/*") if owner(p) == os.geteuid()]
        return len(mine) + self.limits.processes


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


def bubblewrap(scratch):
    """The namespaces and empty file systems; needs absolute paths throughout."""
    return [
        *(shutil.which("bwrap"), "--unshare-all", "--unshare-user", "--die-with-parent"),
        *("--new-session", *no_namespaces()),
        *("--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "fence"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(scratch), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--size", str(scratch), "--tmpfs", "/tmp"),
    ]


@functools.cache
def bubblewrap_problem():
    """None if bubblewrap works here, else the reason: containers often forbid namespaces."""
    if shutil.which("bwrap") is None:
        return "bubblewrap (bwrap) is not installed"
    command = [*bubblewrap(MEGABYTE), *read_only(SYSTEM_PATHS), "--", "/usr/bin/env", "true"]
    probe = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return (
        None if probe.returncode == 0 else f"bubblewrap does not work here: {probe.stderr.strip()}"
    )


@functools.cache
def landlock_problem():
    """None if Landlock works here, else the reason."""
    lists = ["\n".join(SYSTEM_PATHS), "/dev/null"]
    command = [sys.executable, "-I", str(HERE / "landlock.py"), *lists, "/usr/bin/env", "true"]
    probe = subprocess.run(command, capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        return f"Landlock does not work here: {probe.stderr.strip()}"
    for place, _ in hiding_places():
        return f"Landlock cannot hide {place}, which lies inside a folder that students must see"
    return None


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
