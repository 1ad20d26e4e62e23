"""Out of the sandbox: other files, sockets, processes, and the kernel's less known doors.

Every attempt says what became of it (`Attempt.tries`): refused, by which error, or done.
"""

from tests.hostile import PAD, earns


def reads_the_course(work):
    """Opens the gradebook, other submissions, the source and the grader's own files."""
    course = work.around.course
    work.tries(
        f"""
import glob, os, sys, numpy
for name in ("gradebook.db", "nbgrader_config.py", ".autograder/secret",
             "source/unit1_convolution/unit1_convolution.ipynb",
             "submitted/neighbour_0/unit1_convolution/unit1_convolution.ipynb"):
    tried("reads " + name, lambda: open("{course}/" + name, "rb").read(1))
    tried("lists " + name, lambda: os.listdir("{course}/" + os.path.dirname(name)))
own = os.path.realpath(sys.prefix), os.path.realpath(os.path.realpath(numpy.__file__) + "/../..")
# `sys.prefix` may be /usr, which is too large to be walked through.
patterns = ("{course}/**/*", "/etc/shadow", "/root/**/*", "/home/**/*", "/work/**/*.py",
            "/proc/1/root{course}/**/*", "/proc/*/cwd/**/*", "/grader/../..{course}/*",
            sys.prefix + "/lib/*/*/autograder/**/*", sys.prefix + "/../*/source/**/*")
def visible(name):
    "What student code may see: its Python, the packages of the kit, its own folder."
    real = os.path.realpath(name)
    return real.startswith((*own, *PACKAGES, "/usr", "/grader", "/lib", os.getcwd()))
found = [n for p in patterns for n in glob.glob(p, recursive=True)[:300] if not visible(n)]
for name in filter(os.path.isfile, found):
    tried("reads " + name, lambda: open(name, "rb").read(1))
"""
    )


def writes_outside(work):
    """Creates, appends, renames, links and removes wherever it can."""
    course, marker = work.around.course, work.around.marker
    work.tries(
        f"""
import os, shutil, sys
folders = ["{course}", "{course}/submitted", "{course}/autograded", "/var/tmp", "/etc", "/usr/lib",
           "/root", "/home", "/grader", "/grader/course", "/", "/run", "/proc", "/sys",
           "/proc/1/cwd", "/proc/1/root/tmp", os.path.dirname(os.__file__), *PACKAGES]
for folder in folders:
    path = folder + "/{marker}-outside"
    tried("creates " + path, lambda: open(path, "w").write("1"))
    for make in (os.mkdir, os.mkfifo, lambda p: os.symlink("/etc/passwd", p),
                 lambda p: os.link(sys.modules["wire"].__file__, p)):
        tried("makes " + path, lambda: make(path))
for name in ("gradebook.db", "nbgrader_config.py", "submitted/neighbour_0"):
    for action in (os.remove, shutil.rmtree, lambda p: os.rename(p, p + "x")):
        tried("removes " + name, lambda: action("{course}/" + name))
"""
    )


def poisons_what_others_import(work):
    """Writes to the packages, caches and start-up files that the next student's process reads."""
    work.tries(
        """
import os, site, sys, course, numpy, IPython
targets = [course.__file__, numpy.__file__, IPython.__file__, os.__file__, sys.executable,
           sys.modules["wire"].__file__, sys.prefix + "/pyvenv.cfg", "/etc/ld.so.preload",
           *(p + "/evil.pth" for p in (*PACKAGES, *site.getsitepackages())),
           *(p + "/sitecustomize.py" for p in (*PACKAGES, *site.getsitepackages()))]
for target in targets:
    tried("writes " + target, lambda: open(target, "a"))
    tried("replaces " + target, lambda: os.rename(target, target + ".old"))
"""
    )


def changes_metadata(work):
    """Rights, owners, times and attributes of what the next student's process reads."""
    work.tries(
        """
import os, sys, IPython, numpy
def state(path):
    info = os.stat(path)
    try:
        attributes = os.listxattr(path)
    except OSError:
        attributes = []
    return info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, attributes
changes = {
    "chmod": lambda p: os.chmod(p, 0),
    "fchmod": lambda p: os.fchmod(os.open(p, os.O_RDONLY), 0),
    "chown": lambda p: os.chown(p, os.getuid(), os.getgid()),
    "lchown": lambda p: os.lchown(p, os.getuid(), os.getgid()),
    "utime": lambda p: os.utime(p, (1, 1)),
    "utime to now": os.utime,
    "utime by descriptor": lambda p: os.utime(os.open(p, os.O_RDONLY), (1, 1)),
    "setxattr": lambda p: os.setxattr(p, "user.left", b"behind"),
    "setxattr by descriptor": lambda p: os.setxattr(os.open(p, os.O_RDONLY), "user.left", b"x"),
}
def changed(path, change):
    before = state(path)
    change(path)
    if state(path) == before:
        raise PermissionError("nothing has changed")
for path in (IPython.__file__, os.path.dirname(IPython.__file__), numpy.__file__, os.__file__,
             os.path.dirname(os.__file__), sys.executable, "/usr", "/usr/bin/env", "/dev/null",
             "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"):
    for name, change in changes.items():
        tried(f"{name} {path}", lambda: changed(path, change))
"""
    )


def opens_proc_and_sys_for_writing(work):
    """Opens everything below /proc and /sys for writing, and writes nothing."""
    work.tries(
        """
import os
for top in ("/proc", "/sys"):
    tried("lists " + top, lambda: os.listdir(top), may=True)
    for folder, folders, names in os.walk(top):
        folders[:] = [f for f in folders if f not in ("task", "fdinfo", "map_files")]
        for name in names:
            path = os.path.join(folder, name)
            if not path.startswith(("/proc/self/", "/proc/thread-self/", f"/proc/{os.getpid()}/")):
                tried("opens " + path, lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)))
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/pressure/cpu",
             "/proc/sys/fs/epoll/max_user_watches", "/proc/1/oom_score_adj"):
    tried("opens " + path, lambda: os.close(os.open(path, os.O_WRONLY)))
"""
    )


def opens_sockets_of_every_family(work):
    """Connects over every address family there is, and to a server that waits on this machine."""
    around = work.around
    work.tries(
        f"""
import socket
def to(family, kind, address):
    with socket.socket(family, kind) as sock:
        sock.settimeout(0.2)
        sock.connect(address)
        sock.send(b"hello")
for address in [("127.0.0.1", {around.port}), ("::1", {around.port}), ("10.0.0.1", 80)]:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        tried(f"connects to {{address}}", lambda: to(family, kind, address))
for name in ({str(around.socket)!r}, "\\0" + {around.abstract!r}, "/var/run/docker.sock",
             "/run/dbus/system_bus_socket", "/run/systemd/private"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        tried(f"connects to {{name!r}}", lambda: to(socket.AF_UNIX, kind, name))
for family in range(46):
    for kind in (1, 2, 3, 5):
        tried(f"makes a socket {{family}} {{kind}}", lambda: socket.socket(family, kind).close())
"""
    )


CALL = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""


def makes_namespaces(work):
    """New namespaces, the machine's own, mounts and a new root."""
    work.tries(
        CALL
        + """
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x04000000, 0x7E020000):
    tried(f"unshares {flag:x}", lambda: call(272, flag))
for name in ("user", "mnt", "net", "pid"):
    for process in ("1", "self", str(os.getppid())):
        tried(f"joins {process} {name}", lambda: call(
            308, os.open(f"/proc/{process}/ns/{name}", os.O_RDONLY), 0))
for target in (b"/", b"/grader", b"/tmp", b"/proc"):
    tried(f"mounts {target}", lambda: call(165, b"none", target, b"tmpfs", 32, None))
    tried(f"unmounts {target}", lambda: call(166, target, 2))
tried("pivot_root", lambda: call(155, b"/tmp", b"/tmp"))
tried("chroot", lambda: os.chroot("/proc/1/root"))
"""
    )


def looks_through_proc(work):
    """Environment, memory, files and root of every process that is to be seen."""
    work.tries(
        """
import glob, os
own = {f"/proc/{os.getpid()}"}
for place in set(glob.glob("/proc/[0-9]*")) - own:
    # Observation are the processes of its own sandbox only: those that make it, and itself.
    name = tried("reads " + place + "/comm", lambda: open(place + "/comm").read().strip(), may=True)
    if name not in (None, "bwrap", "cat", "python", "python3", "python3.11"):
        tried("sees " + str(name), lambda: None)
    for file in ("environ", "maps", "mem", "fd/0", "root/etc/passwd", "cwd/."):
        if name in ("bwrap", "cat"):
            tried(f"looks into {name}: {file}", lambda: os.listdir(place + "/cwd")
                  if file == "cwd/." else open(place + "/" + file, "rb").read(1), may=file != "mem")
for name in ("/proc/kcore", "/proc/sched_debug", "/proc/keys", "/proc/kmsg"):
    tried("reads " + name, lambda: open(name, "rb").read(1) or 1 / 0)
"""
    )


def traces_other_processes(work):
    """ptrace, reading memory and stealing descriptors of its parent and of the first process."""
    work.tries(
        CALL
        + """
for process in {1, 2, os.getppid()} - {os.getpid()}:
    tried(f"attaches to {process}", lambda: call(101, 16, process, 0, 0))
    tried(f"seizes {process}", lambda: call(101, 0x4206, process, 0, 0))
    tried(f"reads from {process}", lambda: call(310, process, 0, 0, 0, 0, 0))
    tried(f"reads mem of {process}", lambda: open(f"/proc/{process}/mem", "rb").read(9))
    def descriptors():
        found = call(434, process, 0)  # pidfd_open
        return call(438, found, 0, 0)  # pidfd_getfd
    tried(f"takes a descriptor of {process}", descriptors)
"""
    )


def slows_down_other_processes(work):
    """Limits, priorities and processors of its parents, the first process and all of its user."""
    work.tries(
        """
import os, resource
others = {1, 2, os.getppid(), *range(max(1, os.getpid() - 30), os.getpid())} - {0, os.getpid()}
for process in others:
    tried(f"limits {process}", lambda: resource.prlimit(process, resource.RLIMIT_FSIZE, (1, 1)))
    tried(f"reads the limits of {process}", lambda: resource.prlimit(process, resource.RLIMIT_CPU))
    tried(f"renices {process}", lambda: os.setpriority(os.PRIO_PROCESS, process, 19))
    tried(f"moves {process}", lambda: os.sched_setaffinity(process, {0}))
tried("renices its user", lambda: os.setpriority(os.PRIO_USER, 0, 19))
tried("renices its user by name", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
tried("renices its group", lambda: os.setpriority(os.PRIO_PGRP, 0, 19))
"""
    )


def locks_what_others_use(work):
    """Locks, leases and notifications on libraries that other submissions read, as a signal."""
    work.tries(
        """
import fcntl, os, numpy
def locked(lock):
    first, second = (open(numpy.__file__) for _ in range(2))
    lock(first)
    try:
        lock(second)
    except BlockingIOError:
        return  # the first one's lock is real
    raise PermissionError("no lock was taken")
def leased(command, argument):
    fcntl.fcntl(os.open(os.path.dirname(numpy.__file__), os.O_RDONLY), command, argument)
for how in (fcntl.LOCK_EX, fcntl.LOCK_SH):
    tried(f"flock {how}", lambda: locked(lambda f: fcntl.flock(f, how | fcntl.LOCK_NB)))
record = bytes([0] * 32)
for command in (37, fcntl.F_SETLK):  # F_OFD_SETLK: by open file, not by process
    tried(f"fcntl lock {command}", lambda: locked(
        lambda f: fcntl.fcntl(f, command, record) and 0))
tried("F_SETLEASE", lambda: fcntl.fcntl(open(numpy.__file__), fcntl.F_SETLEASE, fcntl.F_RDLCK))
tried("F_NOTIFY", lambda: leased(fcntl.F_NOTIFY, fcntl.DN_ACCESS))
tried("F_SETOWN", lambda: leased(8, os.getppid()))
tried("F_SETSIG", lambda: leased(10, 9))
"""
    )


def signals_other_processes(work):
    """Signals to its parents, the first process, and every process that it may guess."""
    work.tries(
        """
import os, signal
for process in {*range(2, 4000, 7)} - {os.getpid(), os.getppid()}:
    tried(f"reaches {process}", lambda: os.kill(process, 0), may=process < 10)
tried("reaches all of a group", lambda: os.killpg(1, 0), may=True)
"""
    )


def uses_keyrings(work):
    """Leaves a key in a keyring for later processes of the same user, and looks for others'."""
    marker = work.around.marker
    work.tries(
        CALL
        + f"""
for ring in (-1, -2, -3, -4, -5):
    tried(f"adds a key to {{ring}}", lambda: call(
        248, b"user", b"{marker}", b"left behind", 11, ctypes.c_int(ring)))
    tried(f"describes {{ring}}", lambda: call(250, 6, ctypes.c_int(ring), 0, 0, 0))
tried("request_key", lambda: call(249, b"user", b"{marker}", None, 0))
"""
    )


def uses_the_kernels_less_known_doors(work):
    """io_uring, eBPF, perf, userfaultfd, file handles, modules, kexec, reboot, the clock."""
    work.tries(
        CALL
        + """
memory = ctypes.create_string_buffer(4096)
for number in (425, 321, 298, 323, 304, 303, 175, 313, 246, 320, 167, 164, 227, 103, 169, 172, 173,
               134, 139, 153, 156, 159, 163, 168, 170, 171, 176, 179, 180, 212, 237, 238, 256,
               279, 312, 428, 429, 430, 431, 432, 442):
    tried(f"call {number}", lambda: call(number, memory, 0, 0, 0, 0, 0))
"""
    )


def makes_devices(work):
    """Device nodes for memory and disks, raw access, and typing into the lecturer's terminal."""
    work.tries(
        """
import fcntl, os, stat
for folder in ("/tmp", "/dev", "/dev/shm", "."):
    for number, (major, minor) in enumerate([(1, 1), (1, 2), (8, 0), (7, 0), (259, 0), (10, 229)]):
        for kind in (stat.S_IFCHR, stat.S_IFBLK):
            tried(f"makes a device {major}:{minor} in {folder}", lambda: os.mknod(
                f"{folder}/device{number}{kind}", kind | 0o666, os.makedev(major, minor)))
for name in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/kvm"):
    tried("opens " + name, lambda: open(name, "rb+", buffering=0).close())
def types(name):
    with open(name, "rb+", buffering=0) as file:
        fcntl.ioctl(file, 0x5412, b"x")
for name in ("/dev/tty", "/dev/ptmx"):
    tried("types into " + name, lambda: types(name))
"""
    )


@earns(PAD)
def leaves_links_behind(work):
    """Links to the course, the disk and devices, in all places that are cleaned up afterwards."""
    work.solve_pad2d()
    course = work.around.course
    work.tries(
        f"""
import os
for folder in ("/tmp", "/dev/shm", ".", os.path.expanduser("~"), os.environ["MPLCONFIGDIR"]):
    targets = ("{course}", "{course}/submitted", "/", "/etc", "/dev/zero", "..")
    for number, target in enumerate(targets):
        tried(f"links {{folder}} to {{target}}",
              lambda: os.symlink(target, f"{{folder}}/link{{number}}"), may=True)
os.rename("/tmp/link0", "/tmp/-rf") if os.path.islink("/tmp/link0") else None
for folder in ("/tmp", "."):
    tried("goes through a link", lambda: open(f"{{folder}}/link0/gradebook.db", "rb"))
"""
    )


def becomes_someone_else(work):
    """Programs with the rights of root, other users and groups, and new capabilities."""
    work.tries(
        CALL
        + """
import subprocess
for number in (0, os.getuid() + 1, 65534):
    for change in (os.setuid, os.setgid, os.seteuid, os.setegid):
        tried(f"{change.__name__} {number}", lambda: change(number))
def runs(command):
    subprocess.run(command, timeout=2, stdin=subprocess.DEVNULL, check=True)
for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["pkexec", "id"],
                ["unshare", "-rm", "id"], ["chroot", "/proc/1/root", "id"],
                ["nsenter", "-t", "1", "-m", "id"]):
    tried("runs " + " ".join(command), lambda: runs(command))
tried("takes capabilities", lambda: call(
    126, ctypes.create_string_buffer(64), ctypes.create_string_buffer(b"\\xff" * 64)))
def has_some():
    for line in open("/proc/self/status"):
        if line.startswith(("CapPrm", "CapEff", "CapAmb")) and int(line.split()[1], 16):
            return
    raise PermissionError("it has none")
tried("has capabilities", has_some)
"""
    )
