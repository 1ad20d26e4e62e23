"""The fence without bubblewrap: ``python landlock.py READ_ONLY READ_WRITE FILTER command...``

Restricts this process, and all it starts, by Landlock (Linux 5.13 and later): only the files under
the two lists of paths (one to a line), no TCP from ABI 4 (Linux 6.7), no abstract unix sockets and
no signals to outside from ABI 6 (6.12). Root's privileges are given up too: Landlock does not limit
them. FILTER is the descriptor of a system-call filter (or empty), which leaves no sockets of any
family on any kernel.

Weaker than bubblewrap: before 6.12 other processes can be signalled, and of the files it writes
only the size of each is limited.

Sources: the kernel's documentation, userspace-api/landlock and seccomp_filter. No C library wraps
these system calls.
"""

import ctypes
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
RULE_PATH_BENEATH = 1
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER, INSTRUCTION_SIZE = 2, 8
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
CAPABILITIES_3 = 0x20080522  # the version of the structures that capset takes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    """The result of a C function. Raises OSError if it is negative."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def restrict(read_only, read_write):
    """Allow this process the given paths and no privileges, for good."""
    abi = checked(libc.syscall(CREATE_RULESET, None, 0, 1))
    everything = (1 << 13) - 1  # ABI 1
    everything |= (
        (1 << 13 if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL if abi >= 5 else 0)
    )
    network = 3 if abi >= 4 else 0  # bind and connect TCP
    scopes = 3 if abi >= 6 else 0  # abstract unix sockets, signals
    attributes = struct.pack("QQQ", everything, network, scopes)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = checked(libc.syscall(CREATE_RULESET, attributes, len(attributes), 0))
    for_files = (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL) & everything
    for paths, access in ((read_only, EXECUTE | READ_FILE | READ_DIR), (read_write, everything)):
        for path in filter(os.path.exists, paths):
            descriptor = os.open(path, os.O_PATH)
            allowed = access if os.path.isdir(path) else access & for_files
            rule = struct.pack("=Qi", allowed, descriptor)
            checked(libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0))
            os.close(descriptor)
    # Root could make itself a disk device in a folder that it may write to, and read the disk.
    give_up_privileges()
    checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def give_up_privileges():
    """No capabilities any more, and none from programs that have the right to give some."""
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)))


def refuse_system_calls(program):
    """Load a seccomp filter, for good; needs PR_SET_NO_NEW_PRIVS."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // INSTRUCTION_SIZE, ctypes.addressof(instructions))
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0))


if __name__ == "__main__":
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)  # die with what started this
    try:
        restrict(sys.argv[1].splitlines(), sys.argv[2].splitlines())
        if sys.argv[3]:
            with open(int(sys.argv[3]), "rb") as file:
                program = file.read()
            refuse_system_calls(program)
    except OSError as error:
        sys.exit(f"this kernel refuses it ({error})")
    os.execv(sys.argv[4], sys.argv[4:])
