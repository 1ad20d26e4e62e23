"""The system calls that a student's process may make, as a seccomp filter for the kernel.

A call that is not listed below fails with ENOSYS, as on an older kernel, so that C libraries newer
than this list fall back to calls that are listed. Some calls are allowed only with certain
arguments, and some succeed without doing anything: see `rules`.

The system's library libseccomp, on which apt and systemd depend, compiles the list. Without it
there is no sandbox.

Sources: seccomp_rule_add(3) and seccomp_export_bpf(3) of libseccomp; Docker's default profile and
systemd's groups of system calls (`systemd-analyze syscall-filter`) for what each call is for.
"""

import ctypes
import errno
import fcntl
import functools
import os
import resource
import termios
from collections.abc import Iterable, Iterator
from typing import TypeAlias

LIBRARY = "libseccomp.so.2"
ALLOWED = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek sendfile copy_file_range
    open openat openat2 creat close close_range dup dup2 dup3 fsync fdatasync
    stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir umask ftruncate fallocate
    rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat

    mmap mprotect munmap mremap brk msync madvise get_mempolicy

    fork vfork execve exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo
    rt_tgsigqueueinfo pidfd_open pidfd_send_signal getpid getppid gettid getpgrp setpgid
    setsid getuid geteuid getgid getegid getgroups getresuid getresgid capget
    arch_prctl set_tid_address set_robust_list rseq futex futex_waitv
    sched_yield sched_get_priority_max sched_get_priority_min getcpu
    getrlimit getrusage times uname sysinfo

    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
    restart_syscall pause alarm getitimer setitimer signalfd signalfd4
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time getrandom

    pipe pipe2 poll ppoll select pselect6 eventfd eventfd2 epoll_create epoll_create1 epoll_ctl
    epoll_wait epoll_pwait epoll_pwait2
    sendto recvfrom sendmsg recvmsg shutdown getsockname getpeername getsockopt
""".split()

# Changes of a file's metadata. Landlock does not limit them, so they would reach every file of the
# same user. With bubblewrap all files but the submission's own are read-only.
METADATA = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
""".split()

# To set a file's times to now it is enough to be allowed to write to it, as everybody is to
# /dev/null. bubblewrap shows the machine's own devices, and those that it remounts read-only cannot
# be opened.
TIMES = "utime utimes futimesat utimensat".split()

# Extended attributes: Landlock does not limit them either, and in the memory of a tmpfs nothing
# does.
ATTRIBUTES = """
    setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    removexattr lremovexattr fremovexattr
""".split()

# Calls that can name another process, and the arguments that must be 0: the caller itself.
OWN_PROCESS = {
    "getpriority": (0, 1),  # PRIO_PROCESS, and which
    "setpriority": (0, 1),
    **dict.fromkeys(["getpgid", "getsid", "sched_setaffinity", "sched_getaffinity"], (0,)),
    **dict.fromkeys(["sched_getparam", "sched_getscheduler", "sched_getattr"], (0,)),
    "sched_rr_get_interval": (0,),
}

# The limits that a process may lower: all but that of core dumps, see `confine.without_core_dump`.
LIMITS = [number for number in range(16) if number != resource.RLIMIT_CORE]  # RLIM_NLIMITS

# What a new process may share with its parent: nothing, all until it executes a program (vfork), or
# all (a thread). Anything else would let one process write into the memory of another.
CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND = 0x100, 0x200, 0x400, 0x800
CLONE_VFORK, CLONE_PARENT, CLONE_THREAD = 0x4000, 0x8000, 0x10000
THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD
CLONES = (0, CLONE_VM | CLONE_VFORK, THREAD)

NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET
NEW_USER = 0x10000000  # CLONE_NEWUSER, one of these
AF_UNIX, SOCK_STREAM, SOCK_FLAGS = 1, 1, 0o2004000  # SOCK_CLOEXEC and SOCK_NONBLOCK
# For files, pipes and terminals. Not TIOCSTI, which types into a terminal, and none for devices.
IOCTLS = [
    *(termios.FIOCLEX, termios.FIONCLEX, termios.FIONBIO, termios.FIONREAD),
    *(termios.TCGETS, termios.TCSETS, termios.TCSETSW, termios.TCSETSF),
    *(0x802C542A, 0x402C542B, 0x402C542C, 0x402C542D),  # the same, as glibc 2.42 numbers them
    *(termios.TIOCGWINSZ, termios.TIOCSWINSZ, termios.TIOCGPGRP, termios.TIOCSPGRP),
    *(termios.TIOCSCTTY, termios.TIOCNOTTY, 0x80045430, 0x40045431, 0x5441),  # ptys: number, lock
]
# Of fcntl: copies of descriptors, their flags, the size of a pipe, and who holds a lock. No leases,
# notifications or signals about a file: they reveal what others do with it, or disturb them.
FCNTL_READS_LOCKS = [fcntl.F_GETLK, 36]  # 36, 37 and 38: F_OFD_GETLK, SETLK and SETLKW
FCNTL_LOCKS = [fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38]
FCNTL = [
    *(fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD),
    *(fcntl.F_GETFL, fcntl.F_SETFL, 1032, *FCNTL_READS_LOCKS),  # F_GETPIPE_SZ
]

# Of prctl: what programs need, and what only tells. The other options steer the processor, the
# scheduler, the memory's layout or what others see of the process.
PRCTL = [
    *(1, 2, 3),  # PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE
    *(15, 16, 0x53564D41),  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and mappings
    *(21, 23, 38, 39),  # PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS
    *(29, 30),  # PR_SET_TIMERSLACK, PR_GET_TIMERSLACK
]
PR_SET_DUMPABLE, DUMPABLE = 4, 1  # any other value would hide the process from the grader

ALLOW, ERROR = 0x7FFF0000, 0x00050000  # actions
NOT_PERMITTED, NO_SUCH_CALL = ERROR | errno.EPERM, ERROR | errno.ENOSYS
INVALID = ERROR | errno.EINVAL  # as for an option that the kernel does not know
NOT_SUPPORTED = ERROR | errno.ENOTSUP  # as on a file system without extended attributes
NOTHING = ERROR  # the call returns 0 without doing anything
ON_OTHER_ARCHITECTURE, OPTIMIZE, BINARY_TREE = 2, 8, 2  # attributes of a filter, and a value
MASKED_EQUAL = 7

Condition: TypeAlias = tuple[int, int, int]  # number of an argument, mask, value: see `Compare`


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp: ``mask`` applied to argument number ``arg`` must give ``value``."""

    _fields_ = [
        ("arg", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    ]


def all_but(values: Iterable[int]) -> list[tuple[int, int]]:
    """Pairs (mask, value) of which every number of 32 bits but these ``values`` matches one.

    Any other number begins with the same bits as one of them, up to a bit in which it differs from
    that one and from all others: a pair for each such beginning.
    """
    kept = set(values)
    pairs = {
        (mask, (value ^ 1 << bit) & mask)
        for value in kept
        for bit, mask in ((bit, 0xFFFFFFFF & -1 << bit) for bit in range(32))
    }
    return sorted(
        (mask, match) for mask, match in pairs if not any(value & mask == match for value in kept)
    )


def rules(own_files: bool) -> Iterator[tuple[int, str, list[Condition]]]:
    """The rules for calls that do not fail with ENOSYS: (action, name, conditions on arguments).

    Locks, changes of times and, without ``own_files``, of other metadata would reach files that
    others use too, and a filter cannot tell which file is meant. They succeed without doing
    anything, so that `shutil.copy` and databases work as usual.

    own_files : True if all writable files are the submission's own
    """
    for name in ALLOWED:
        yield ALLOW, name, []
    for name in METADATA:
        yield ALLOW if own_files else NOTHING, name, []
    if own_files:  # Landlock limits it only from Linux 6.2
        yield ALLOW, "truncate", []
    for name in ATTRIBUTES:
        yield NOT_SUPPORTED, name, []
    for name in ("flock", *TIMES):
        yield NOTHING, name, []
    for action, commands in ((NOTHING, FCNTL_LOCKS), (ALLOW, FCNTL)):
        for command in commands:
            yield action, "fcntl", [(1, 0xFFFFFFFF, command)]
    for option in PRCTL:
        yield ALLOW, "prctl", [(0, 0xFFFFFFFF, option)]
    yield ALLOW, "prctl", [(0, 0xFFFFFFFF, PR_SET_DUMPABLE), (1, 0xFFFFFFFF, DUMPABLE)]
    for mask, value in all_but([DUMPABLE]):
        yield INVALID, "prctl", [(0, 0xFFFFFFFF, PR_SET_DUMPABLE), (1, mask, value)]
    for mask, value in all_but([*PRCTL, PR_SET_DUMPABLE]):
        yield INVALID, "prctl", [(0, mask, value)]
    for name, arguments in OWN_PROCESS.items():
        yield ALLOW, name, [(argument, 0xFFFFFFFF, 0) for argument in arguments]
    for limit in LIMITS:
        yield ALLOW, "setrlimit", [(0, 0xFFFFFFFF, limit)]
        yield ALLOW, "prlimit64", [(0, 0xFFFFFFFF, 0), (1, 0xFFFFFFFF, limit)]
    yield ALLOW, "prlimit64", [(0, 0xFFFFFFFF, 0), (2, (1 << 64) - 1, 0)]  # reads a limit
    shared = NAMESPACES | THREAD | CLONE_VFORK | CLONE_PARENT
    for flags in CLONES:  # not clone3: a filter cannot read its flags, behind a pointer
        yield ALLOW, "clone", [(0, shared, flags)]
    # A pair of connected streams, for asyncio and multiprocessing. Not of datagrams, which could be
    # sent to any socket of the machine that has a path. No other family is local to the machine.
    stream = 0xFFFFFFFF & ~SOCK_FLAGS
    yield ALLOW, "socketpair", [(0, 0xFFFFFFFF, AF_UNIX), (1, stream, SOCK_STREAM)]
    yield NOT_PERMITTED, "socket", []  # PermissionError in Python
    for request in IOCTLS:
        yield ALLOW, "ioctl", [(1, 0xFFFFFFFF, request)]


@functools.cache
def program(own_files: bool) -> bytes:
    """Compile the filter for the kernel: see `rules`. Raises OSError if libseccomp cannot.

    Calls by the numbers of another architecture (i386, x32) fail too.
    """
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(NO_SUCH_CALL))
    if not context:
        raise OSError("libseccomp does not know this architecture")

    def checked(result: int) -> int:
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

    try:
        for attribute, value in ((ON_OTHER_ARCHITECTURE, NO_SUCH_CALL), (OPTIMIZE, BINARY_TREE)):
            checked(library.seccomp_attr_set(context, attribute, ctypes.c_uint32(value)))
        for action, name, conditions in rules(own_files):
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number < 0:  # unknown to this libseccomp, or to this architecture
                continue
            array = (Compare * len(conditions))(
                *(Compare(arg, MASKED_EQUAL, mask, value) for arg, mask, value in conditions)
            )
            add = library.seccomp_rule_add_array
            checked(add(context, ctypes.c_uint32(action), number, len(array), array))
        with open(os.memfd_create("filter"), "w+b") as file:
            checked(library.seccomp_export_bpf(context, file.fileno()))
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(context)
