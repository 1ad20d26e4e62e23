"""Give up a process's rights for good, then run a command: ``python confine.py RULES command...``

In this order: the identity of root (if root started it), privileges, files (Landlock, Linux 5.13
and later), system calls. RULES is the descriptor of a JSON file with the arguments of `confine`.

Landlock refuses to open files that are not listed. From ABI 4 (Linux 6.7) it also refuses TCP, from
ABI 6 (6.12) abstract unix sockets and signals to processes outside. It does not limit what is done
to files without opening them (their metadata), nor, before 6.12, signals: the filter of system
calls (`sandbox.syscalls`) and the separate user do.

Sources: the kernel's documentation, userspace-api/landlock and seccomp_filter; credentials(7). No
C library wraps these system calls.
"""

import base64
import ctypes
import json
import os
import resource
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
RULE_PATH_BENEATH = 1
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER, INSTRUCTION_SIZE = 2, 8
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL  # the rights that a file can have
CAPABILITIES_3 = 0x20080522  # the version of capset's structures

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Return the result of a C function. Raises OSError if it is negative."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def landlock_abi() -> int:
    """The version of this kernel's Landlock ABI; 0 if it has no Landlock."""
    version: int = libc.syscall(CREATE_RULESET, None, 0, 1)
    return max(0, version)


def ruleset(files: dict[str, list[str]]) -> int:
    """Create a Landlock ruleset; return its descriptor. Raises OSError if the kernel refuses.

    files : "list", "read" and "write", each with the paths at and below which that is allowed;
        paths that do not exist are skipped
    """
    abi = landlock_abi()
    everything = (1 << 13) - 1  # ABI 1
    everything |= (
        (1 << 13 if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL if abi >= 5 else 0)
    )
    network = 3 if abi >= 4 else 0  # bind and connect TCP
    scopes = 3 if abi >= 6 else 0  # abstract unix sockets, signals
    attributes = struct.pack("QQQ", everything, network, scopes)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = checked(libc.syscall(CREATE_RULESET, attributes, len(attributes), 0))
    rights = {"list": READ_DIR, "read": EXECUTE | READ_FILE | READ_DIR, "write": everything}
    for what, paths in files.items():
        for path in paths:
            try:
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = rights[what] & everything & (-1 if os.path.isdir(path) else FOR_FILES)
            if allowed:  # a file has no right to be listed
                rule = struct.pack("=Qi", allowed, descriptor)
                checked(libc.syscall(ADD_RULE, rules, RULE_PATH_BENEATH, rule, 0))
            os.close(descriptor)
    return rules


def become(user: int) -> None:
    """Change to this user, and to the group of the same number, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def without_core_dump() -> None:
    """Let no crash of this process start the machine's crash handler, for good.

    Of a limit of 0 the kernel takes no notice where core_pattern is a pipe to a program, which runs
    as root outside the sandbox. 1 is the value that stops it: see core(5) and fs/coredump.c. The
    filter of system calls keeps it.
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def refuse_system_calls(program: bytes) -> None:
    """Load a seccomp filter, for good. Needs PR_SET_NO_NEW_PRIVS. Raises OSError."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // INSTRUCTION_SIZE, ctypes.addressof(instructions))
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0))


def confine(user: int | None, files: dict[str, list[str]] | None, program: str) -> None:
    """Give up all these rights. Raises OSError if the kernel refuses one of the steps.

    user : the id of the user to become; None to keep the identity
    files : see `ruleset`; None if a mount namespace alone limits the files
    program : the filter of system calls, in base64
    """
    without_core_dump()
    rules = None if files is None else ruleset(files)  # before the new user loses access to a path
    if user is not None:
        become(user)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)))
    if rules is not None:
        checked(libc.syscall(RESTRICT_SELF, rules, 0))
        os.close(rules)
    # Otherwise the files in /proc/self would belong to root after a change of user.
    checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
    refuse_system_calls(base64.b64decode(program))


if __name__ == "__main__":
    parent = os.getppid()
    with open(int(sys.argv[1]), "rb") as file:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        rules = json.load(file)
    try:
        confine(**rules)
    except OSError as error:
        sys.exit(f"this kernel refuses to confine the process ({error})")
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)  # again: a change of user clears it
    if os.getppid() == parent:  # else the parent has ended: exit too
        os.execv(sys.argv[2], sys.argv[2:])
