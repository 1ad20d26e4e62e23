"""The filter of system calls: what fails from inside a sandbox, and what honest cells still do."""

import ctypes
import platform
import tempfile

import pytest

from autograder.sandbox import launch, probe, syscalls
from autograder.sandbox.errors import SandboxError
from autograder.units import CONTENT
from tests.sandboxed import need, session_of, text

pytestmark = pytest.mark.slow(10)

# For cells: system calls by name, as nothing in Python or the C library makes them.
CALL = """
import ctypes, errno, os
libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
def call(name, *args):
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    assert number >= 0, name
    result = libc.syscall(number, *(ctypes.c_long(arg) for arg in args))
    return errno.errorcode[ctypes.get_errno()] if result < 0 else result
"""

REFUSED = {
    "kernel interfaces with a history of holes": """
        io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd
        vmsplice splice tee remap_file_pages io_setup io_submit fanotify_init inotify_init1
        timer_create seccomp modify_ldt""",
    "other processes": "ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp process_madvise",
    "the kernel's key rings": "add_key request_key keyctl",
    "namespaces and file systems": """
        unshare setns clone3 mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig
        fsmount fspick mount_setattr open_by_handle_at name_to_handle_at mknod mknodat""",
    "memory that no limit counts": """
        memfd_create memfd_secret shmget shmat msgget msgsnd semget mq_open mlock mlockall""",
    "the machine itself": """
        kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff
        acct quotactl quotactl_fd settimeofday clock_settime clock_adjtime adjtimex sethostname
        setdomainname syslog personality iopl ioperm sync syncfs lookup_dcookie move_pages
        migrate_pages sched_setscheduler sched_setattr ioprio_set""",
    "other users": "setuid setgid setreuid setregid setresuid setresgid setgroups capset",
    "sockets": "connect bind listen accept accept4 sendmmsg recvmmsg setsockopt",
}


@pytest.fixture(scope="module")
def session(kind):
    with session_of(kind) as session:
        text(session, CALL)
        yield session


# -- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("why", REFUSED)
def test_system_calls_that_no_notebook_needs_do_not_exist(session, why):
    library = ctypes.CDLL("libseccomp.so.2")
    here = [n for n in REFUSED[why].split() if library.seccomp_syscall_resolve_name(n.encode()) > 0]
    assert here, "this architecture has none of them"
    said = text(session, f"for name in {here}:\n    print(name, call(name, 0, 0, 0, 0, 0, 0))")
    assert said.splitlines() == [f"{name} ENOSYS" for name in here]


def test_nothing_that_is_not_named_exists(session):
    named = {name for _, name, _ in syscalls.rules(own_files=True)}
    # x86-64's uretprobe and uprobe are the kernel's own: it lets them through every filter, and
    # kills who calls them without being probed.
    probes = {335, 336} if platform.machine() == "x86_64" else set()
    source = f"""
    for number in set(range(700)) - {probes}:
        name = seccomp.seccomp_syscall_resolve_num_arch(seccomp.seccomp_arch_native(), number)
        name = ctypes.string_at(name).decode() if name else "unknown"
        if name not in {named} and libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1:
            print(name, number, "exists")
        if name not in {named} and ctypes.get_errno() != errno.ENOSYS:
            print(name, number, errno.errorcode[ctypes.get_errno()])
    """
    assert text(session, source) == ""


def test_every_name_is_one_of_a_system_call():
    library = ctypes.CDLL("libseccomp.so.2")
    names = {name for _, name, _ in syscalls.rules(own_files=True)}
    unknown = {name for name in names if library.seccomp_syscall_resolve_name(name.encode()) == -1}
    assert unknown <= {"epoll_pwait2", "futex_waitv", "fchmodat2"}  # newer than libseccomp 2.5.1


def test_no_socket_of_any_family_can_be_made(session):
    source = """
    import socket
    for family in range(64):
        for type in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, type)
                print("made", family, type)
            except PermissionError:
                pass
    """
    assert text(session, source) == ""


def test_pairs_of_sockets_are_connected_streams_only(session):
    source = """
    import socket
    a, b = socket.socketpair()
    a.sendall(b"hello"); print(b.recv(9))
    for family in (socket.AF_UNIX, socket.AF_INET, 40):
        for type in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            try:
                socket.socketpair(family, type)
                print("made", family == socket.AF_UNIX, type == socket.SOCK_STREAM)
            except OSError:
                pass
    """
    assert text(session, source).splitlines() == ["b'hello'", "made True True"]


def test_namespaces_cannot_be_made_by_clone(session):
    spaces = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
    source = f"for flag in {spaces}: print(call('clone', flag | 17, 0, 0, 0, 0))"
    assert text(session, source).split() == ["ENOSYS"] * len(spaces)


def test_nothing_can_be_typed_into_a_terminal(session):
    source = """
    import fcntl, termios
    for request in (termios.TIOCSTI, 0x541C, termios.TIOCSTI | 1 << 32):
        print(call("ioctl", 0, request, 0))
    """
    assert text(session, source).split() == ["ENOSYS"] * 3


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of other architectures: x86-64")
def test_numbers_of_other_architectures_are_refused(session):
    source = """
    import mmap, socket
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # push rbx; mov eax, 20 (getpid of i386); int 0x80; pop rbx; ret
    code.write(bytes.fromhex("53 b8 14000000 cd80 5b c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    print(errno.errorcode[-ctypes.CFUNCTYPE(ctypes.c_int)(address)()])
    X32 = 0x40000000
    print(libc.syscall(X32 + 39), errno.errorcode[ctypes.get_errno()])
    """
    assert text(session, source).splitlines() == ["ENOSYS", "-1 ENOSYS"]


def test_options_of_prctl_that_no_program_needs_do_not_exist(session):
    others = {*range(300), *(1 << 31 | n for n in syscalls.PRCTL), 0x59616D61}  # PR_SET_PTRACER
    others -= {*syscalls.PRCTL, syscalls.PR_SET_DUMPABLE}
    source = f"""
    for option in {sorted(others)}:
        for number in (option, 1 << 32 | option):  # of which the kernel takes the lower half
            if (said := call("prctl", number, 1, 0, 0, 0)) != "EINVAL":
                print(option, said)
    """
    assert text(session, source) == ""


def test_no_process_hides_from_the_grader(session):
    source = f"""
    get, put = 3, {syscalls.PR_SET_DUMPABLE}
    for value in (0, 2, 1 << 32, 1 << 32 | 1, 1):
        print(call("prctl", put, value, 0, 0, 0), call("prctl", get, 0, 0, 0, 0))
    """
    assert text(session, source).splitlines() == [*["EINVAL 1"] * 4, "0 1"]


def test_every_number_but_those_that_are_kept_matches_one_pair():
    kept = [*syscalls.PRCTL, syscalls.PR_SET_DUMPABLE]
    pairs = syscalls.all_but(kept)
    for number in {*range(1000), *(n ^ 1 << bit for n in kept for bit in range(32))}:
        matches = [value for mask, value in pairs if number & mask == value]
        assert len(matches) == (number not in kept)


def test_filter_holds_in_programs_that_a_cell_starts(session):
    code = "import socket; socket.socket()"
    source = f"""
    import subprocess, sys
    done = subprocess.run([sys.executable, "-c", {code!r}], capture_output=True, text=True)
    print(done.stderr)
    """
    assert "PermissionError" in text(session, source)


def test_filter_cannot_be_taken_off(session):
    get_seccomp, set_seccomp, get_no_new_privs, set_no_new_privs = 21, 22, 39, 38
    source = f"""
    libc.prctl({set_seccomp}, 0, 0, 0, 0)
    libc.prctl({set_no_new_privs}, 0, 0, 0, 0)
    print(libc.prctl({get_seccomp}, 0, 0, 0, 0), libc.prctl({get_no_new_privs}, 0, 0, 0, 0))
    """
    assert text(session, source) == "2 1"


# -- what honest cells do -------------------------------------------------------------------------

HONEST = {
    "threads": "from concurrent.futures import ThreadPoolExecutor as Pool\n"
    "print(sum(Pool(4).map(abs, [-1, 2])))",
    "processes": "import subprocess; print(subprocess.check_output(['echo', '3'], text=True))",
    "a new session": "import subprocess\n"
    "print(subprocess.check_output(['echo', '3'], text=True, start_new_session=True))",
    "pipes": "import multiprocessing as m\na, b = m.Pipe(); a.send(3); print(b.recv())",
    "asyncio": "import asyncio\nprint(await asyncio.to_thread(lambda: 3))",
    "asyncio's processes": "import asyncio\n"
    "p = await asyncio.create_subprocess_exec('echo', '3', stdout=-1)\n"
    "print((await p.communicate())[0].decode())",
    "copies of files": "import shutil\nopen('a', 'w').write('3'); shutil.copy2('a', 'b')\n"
    "print(open('b').read())",
    "links, times and locks": "import fcntl\nopen('c', 'w').write('3'); os.symlink('c', 'd')\n"
    "os.utime('d'); os.chmod('d', 0o600); fcntl.flock(open('d'), fcntl.LOCK_EX)\n"
    "print(open('d').read())",
    "maps of memory": "import numpy as np\nnp.save('e.npy', [3])\n"
    "print(np.load('e.npy', mmap_mode='r')[0])",
    "archives": "import tarfile\nopen('f', 'w').write('3')\n"
    "tarfile.open('f.tar', 'w').add('f'); print(3)",
    "a script": "%%bash\nls -la /usr > listing && cp -p listing copy && timeout 5 echo 3",
    "a timing": "%timeit -n1 -r1 -q 0\nprint(3)",
    "linear algebra": "import numpy as np\n"
    "print(round(np.linalg.det(np.diag([3.0] + [1.0] * 99)) + abs(np.fft.fft([0, 0]))[0]))",
    "names of threads": "import ctypes, threading\nname = ctypes.create_string_buffer(b'3')\n"
    "libc, told = ctypes.CDLL(None), ctypes.create_string_buffer(16)\n"
    "libc.prctl(15, name); libc.prctl(16, told)\nprint(told.value.decode())",
    "signals": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: print(3))\n"
    "signal.alarm(1); time.sleep(1.2)",
}


@pytest.mark.parametrize("what", HONEST)
def test_honest_cells_are_not_disturbed(session, what):
    assert text(session, HONEST[what]) == "3"


def test_worker_processes_work_where_they_have_shared_memory():
    need("bubblewrap")
    with session_of("bubblewrap") as session:
        source = """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(pool.map(abs, [-1, 2]))
        """
        assert text(session, source) == "[1, 2]"


# -- without ---------------------------------------------------------------------------------------


@pytest.fixture
def no_library(monkeypatch):
    """A machine without libseccomp."""
    monkeypatch.setattr(syscalls, "LIBRARY", "libseccomp.so.none")
    syscalls.program.cache_clear()
    yield
    monkeypatch.undo()
    syscalls.program.cache_clear()


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_without_the_library_there_is_no_sandbox(no_library, kind, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert "install libseccomp" in probe.problem.__wrapped__(kind)
    with pytest.raises(SandboxError, match=r"libseccomp\.so\.none: cannot open"):
        launch.Sandbox(kind, content=CONTENT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_filter_that_the_kernel_refuses_is_no_sandbox(monkeypatch, kind):
    need(kind)
    monkeypatch.setattr(syscalls, "program", lambda own_files: b"\xff" * 16)
    assert "refuses to confine the process" in probe.problem.__wrapped__(kind)


def test_description_says_what_is_in_force(kind):
    assert probe.describe(kind).startswith(probe.DESCRIPTION[kind])
    assert probe.describe("none").startswith("NONE")
