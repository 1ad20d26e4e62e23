"""The fence without bubblewrap: ``python landlock.py READ_ONLY READ_WRITE command...``

Restricts this process, and all it starts, by Landlock (Linux 5.13 and later): only the files under
the two lists of paths (one to a line), no TCP from ABI 4 (Linux 6.7), no abstract unix sockets and
no signals to outside from ABI 6 (6.12). Root's privileges are given up too: Landlock does not limit
them. Weaker than bubblewrap: it does not hide which processes there are, nor block UDP or
path-based unix sockets.

Source: the kernel's documentation, userspace-api/landlock. No C library wraps these system calls.
"""

import ctypes
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
RULE_PATH_BENEATH = 1
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
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
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    # Root could make itself a disk device in a folder that it may write to, and read the disk.
    checked(libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)))
    checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


if __name__ == "__main__":
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)  # die with what started this
    try:
        restrict(sys.argv[1].splitlines(), sys.argv[2].splitlines())
    except OSError as error:
        sys.exit(f"this kernel refuses it ({error})")
    os.execv(sys.argv[3], sys.argv[3:])
