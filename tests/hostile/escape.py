"""Out of the sandbox: other files, sockets, processes, and the kernel's less known doors."""

from tests.hostile import PAD, earns


def reads_the_course(work):
    """Opens the gradebook, other submissions, the source and the grader's own files."""
    course = work.around.course
    work.after(
        "setup",
        f"""
import glob, os, sys
for pattern in ("{course}/**/*", "/etc/shadow", "/root/**/*", "/home/**/*", "/work/**/*.py",
                "/proc/1/root{course}/**/*", "/proc/*/cwd/**/*", "/grader/../..{course}/*",
                sys.prefix + "/**/autograder/**/*", sys.prefix + "/../**/source/**/*"):
    for name in glob.glob(pattern, recursive=True)[:300]:
        try: print(name, open(name, errors="replace").read())
        except OSError: pass
for name in ("gradebook.db", "nbgrader_config.py",
             "source/unit1_convolution/unit1_convolution.ipynb",
             "submitted/neighbour_0/unit1_convolution/unit1_convolution.ipynb"):
    try: print(open("{course}/" + name, errors="replace").read())
    except OSError as error: print(type(error).__name__)
""",
    )


def writes_outside(work):
    """Creates, appends, renames, links and removes wherever it can."""
    course, marker = work.around.course, work.around.marker
    work.after(
        "setup",
        f"""
import os, shutil
folders = ["{course}", "{course}/submitted", "{course}/autograded", "/tmp", "/var/tmp", "/dev/shm",
           "/etc", "/usr/lib", "/root", "/home", "/grader", "/grader/course", "/", "/run", "/proc",
           "/proc/1/cwd", "/proc/1/root/tmp", os.path.dirname(os.__file__)]
for folder in folders:
    for action in (lambda p: open(p, "w").write("1"), os.mkdir, os.mkfifo,
                   lambda p: os.symlink("/etc/passwd", p),
                   lambda p: os.link("/grader/runner/shell.py", p)):
        try: action(folder + "/{marker}-outside")
        except (OSError, NotImplementedError): pass
for name in ("gradebook.db", "nbgrader_config.py", "submitted/neighbour_0"):
    for action in (os.remove, shutil.rmtree, lambda p: os.rename(p, p + "x"),
                   lambda p: os.chmod(p, 0)):
        try: action("{course}/" + name)
        except OSError: pass
""",
    )


def poisons_what_others_import(work):
    """Writes to the packages, caches and start-up files that the next student's process reads."""
    work.after(
        "setup",
        """
import os, site, sys, course, numpy, IPython
evil = "raise SystemExit('poisoned')\\n"
targets = [course.__file__, numpy.__file__, IPython.__file__, os.__file__,
           "/grader/runner/shell.py", "/grader/runner/wire.py", sys.prefix + "/pyvenv.cfg",
           "/etc/ld.so.preload",
           os.path.expanduser("~/.ipython/profile_default/startup/evil.py"),
           *(p + "/evil.pth" for p in site.getsitepackages()),
           *(p + "/sitecustomize.py" for p in site.getsitepackages())]
for target in targets:
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").write(evil)
    except OSError:
        pass
""",
    )


def opens_sockets_of_every_family(work):
    """Connects over every address family there is, and to a server that waits on this machine."""
    around = work.around
    work.after(
        "setup",
        f"""
import socket
def to(family, kind, address):
    try:
        with socket.socket(family, kind) as sock:
            sock.settimeout(0.2)
            sock.connect(address)
            sock.send(b"hello")
    except OSError:
        pass
addresses = [("127.0.0.1", {around.port}), ("::1", {around.port}), ("10.0.0.1", 80)]
for address in addresses:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM): to(family, kind, address)
for name in ({str(around.socket)!r}, "\\0" + {around.abstract!r}, "/var/run/docker.sock",
             "/run/dbus/system_bus_socket", "/run/systemd/private"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        to(socket.AF_UNIX, kind, name)
for family in range(46):
    for kind in (1, 2, 3, 5):
        try: socket.socket(family, kind).close()
        except OSError: pass
""",
    )


CALL = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    return libc.syscall(number, *arguments), errno.errorcode.get(ctypes.get_errno())
"""


def makes_namespaces(work):
    """New namespaces, the machine's own, mounts and a new root."""
    work.after(
        "setup",
        CALL
        + """
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x04000000, 0x7E020000):
    libc.unshare(flag)
for name in ("user", "mnt", "net", "pid"):
    for process in ("1", "self", str(os.getppid())):
        try: libc.setns(os.open(f"/proc/{process}/ns/{name}", os.O_RDONLY), 0)
        except OSError: pass
for target in (b"/", b"/grader", b"/tmp", b"/proc"):
    libc.mount(b"none", target, b"tmpfs", 32, None)
    libc.umount2(target, 2)
call(155, b"/tmp", b"/tmp")  # pivot_root
libc.chroot(b"/proc/1/root")
""",
    )


def looks_through_proc(work):
    """Environment, memory, files and root of every process that is to be seen."""
    work.after(
        "setup",
        """
import glob
for name in [*glob.glob("/proc/[0-9]*/environ"), *glob.glob("/proc/[0-9]*/cmdline"),
             *glob.glob("/proc/[0-9]*/maps"), "/proc/keys", "/proc/kcore", "/proc/kallsyms",
             "/proc/self/mountinfo", "/proc/net/unix", "/proc/sched_debug", "/proc/cmdline"]:
    try: print(open(name, "rb").read(2000))
    except OSError as error: print(type(error).__name__)
for name in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/oom_score_adj",
             "/proc/1/oom_score_adj", "/proc/sys/kernel/hostname", "/proc/self/uid_map"):
    try: open(name, "w").write("0")
    except OSError: pass
""",
    )


def traces_other_processes(work):
    """ptrace, reading memory and stealing descriptors of its parent and of the first process."""
    work.after(
        "setup",
        CALL
        + """
import signal
for process in {1, 2, os.getppid()} - {os.getpid()}:
    call(101, 16, process, 0, 0)  # ptrace, attach
    call(101, 0x4206, process, 0, 0)  # ptrace, seize
    call(310, process, 0, 0, 0, 0, 0)  # process_vm_readv
    found, _ = call(434, process, 0)  # pidfd_open
    if found >= 0:
        for number in range(9): call(438, found, number, 0)  # pidfd_getfd
    try: print(open(f"/proc/{process}/mem", "rb").read(9))
    except OSError: pass
""",
    )


def uses_keyrings(work):
    """Leaves a key in a keyring for later processes of the same user, and looks for others'."""
    marker = work.around.marker
    work.after(
        "setup",
        CALL
        + f"""
for ring in (-1, -2, -3, -4, -5):
    call(248, b"user", b"{marker}", b"left behind", 11, ctypes.c_int(ring))  # add_key
    call(250, 6, ctypes.c_int(ring), 0, 0, 0)  # keyctl, describe
call(249, b"user", b"{marker}", None, 0)  # request_key
""",
    )


def uses_the_kernels_less_known_doors(work):
    """io_uring, eBPF, perf, userfaultfd, file handles, modules, kexec, reboot, the clock."""
    work.after(
        "setup",
        CALL
        + """
memory = ctypes.create_string_buffer(4096)
for number in (425, 321, 298, 323, 304, 303, 175, 313, 246, 320, 167, 164, 227, 103, 169, 172, 173,
               134, 139, 153, 156, 159, 163, 168, 170, 171, 176, 179, 180, 212, 237, 238, 239, 256,
               279, 312, 428, 429, 430, 431, 432, 442):
    call(number, memory, 0, 0, 0, 0, 0)
""",
    )


def makes_devices(work):
    """Device nodes for memory and disks, raw access, and typing into the lecturer's terminal."""
    work.after(
        "setup",
        """
import fcntl, os, stat
for folder in ("/tmp", "/dev", "/dev/shm", "."):
    for number, (major, minor) in enumerate([(1, 1), (1, 2), (8, 0), (7, 0), (259, 0), (10, 229)]):
        for kind in (stat.S_IFCHR, stat.S_IFBLK):
            try:
                os.mknod(f"{folder}/device{number}{kind}", kind | 0o666, os.makedev(major, minor))
                print(open(f"{folder}/device{number}{kind}", "rb").read(9))
            except OSError: pass
for name in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/fuse", "/dev/kvm", "/dev/tty", "/dev/ptmx"):
    try:
        with open(name, "rb+", buffering=0) as file:
            for character in b"touch typed\\n": fcntl.ioctl(file, 0x5412, bytes([character]))
    except OSError: pass
""",
    )


@earns(PAD)
def leaves_links_behind(work):
    """Links to the course, the disk and devices, in all places that are cleaned up afterwards."""
    work.solve_pad2d()
    course = work.around.course
    work.after(
        "setup",
        f"""
import os
for folder in ("/tmp", "/dev/shm", ".", os.path.expanduser("~"), os.environ["MPLCONFIGDIR"]):
    targets = ("{course}", "{course}/submitted", "/", "/etc", "/dev/zero", "..")
    for number, target in enumerate(targets):
        try: os.symlink(target, f"{{folder}}/link{{number}}")
        except OSError: pass
os.rename("/tmp/link0", "/tmp/-rf") if os.path.islink("/tmp/link0") else None
""",
    )


def becomes_someone_else(work):
    """Programs with the rights of root, other users and groups, and new capabilities."""
    work.after(
        "setup",
        CALL
        + """
import subprocess
for change in (os.setuid, os.setgid, os.seteuid, os.setegid):
    try: change(0)
    except OSError: pass
for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["mount"], ["pkexec", "id"],
                ["unshare", "-rm", "id"], ["chroot", "/proc/1/root", "id"],
                ["nsenter", "-t", "1", "-a"]):
    try: subprocess.run(command, timeout=2, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError): pass
libc.prctl(38, 0, 0, 0, 0)
call(126, memory := ctypes.create_string_buffer(64), memory)
""",
    )
