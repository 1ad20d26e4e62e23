"""What a submission's process gives up, for good: ``python confine.py RULES command...``

In this order: another user's identity if root started it, privileges, files (Landlock, Linux 5.13
and later), system calls. RULES is the descriptor of a JSON file: the arguments of `confine`.

Landlock refuses to open files other than those listed; no TCP from ABI 4 (Linux 6.7), no abstract
unix sockets and no signals to outside from ABI 6 (6.12). It does not limit what is done to files
without opening them (their metadata) or to other processes before 6.12: for that there are the
filter of system calls (`syscalls`) and the user of its own.

Sources: the kernel's documentation, userspace-api/landlock and seccomp_filter; credentials(7). No
C library wraps these system calls.
"""

import base64
import ctypes
import json
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
RULE_PATH_BENEATH = 1
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER, INSTRUCTION_SIZE = 2, 8
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL  # what is no right of a folder
CAPABILITIES_3 = 0x20080522  # the version of the structures that capset takes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    """The result of a C function. Raises OSError if it is negative."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def landlock_abi():
    """The version of Landlock that this kernel has; 0 for none."""
    return max(0, libc.syscall(CREATE_RULESET, None, 0, 1))


def ruleset(files):
    """A descriptor of Landlock rules.

    files : paths by what may be done there, and below: "list", "read" or "write"
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
            if allowed:  # to list a file is nothing
                rule = struct.pack("=Qi", allowed, descriptor)
                checked(libc.syscall(ADD_RULE, rules, RULE_PATH_BENEATH, rule, 0))
            os.close(descriptor)
    return rules


def become(user):
    """Become this user, and a group of the same number, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def refuse_system_calls(program):
    """Load a seccomp filter, for good; needs PR_SET_NO_NEW_PRIVS."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // INSTRUCTION_SIZE, ctypes.addressof(instructions))
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0))


def confine(user, files, program):
    """Give up all of it. Raises OSError if one thing cannot be given up.

    user : the number of the user to become; None to stay
    files : see `ruleset`; None where a mount namespace alone limits them
    program : the filter of system calls, in base64
    """
    rules = None if files is None else ruleset(files)  # as whoever can still reach these paths
    if user is not None:
        become(user)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)))
    if rules is not None:
        checked(libc.syscall(RESTRICT_SELF, rules, 0))
        os.close(rules)
    # After a change of user, the process's own files in /proc would be root's.
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
        sys.exit(f"this kernel refuses it ({error})")
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)  # a change of user has taken it back
    if os.getppid() == parent:  # else what started this has ended before
        os.execv(sys.argv[2], sys.argv[2:])
