"""The command line of bubblewrap: namespaces and empty file systems."""

import functools
import shutil
import subprocess


@functools.cache
def no_namespaces():
    """The option that forbids namespaces inside the namespace, where bubblewrap (0.8) has it."""
    told = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    return ["--disable-userns"] if "--disable-userns" in told.stdout + told.stderr else []


def bubblewrap(scratch, user):
    """The namespaces and empty file systems; needs absolute paths throughout.

    There is no /proc: through its links a process reaches its own program as the machine has it,
    where it can be written to, and its files count what other submissions do.

    Root makes them without a user namespace: its mounts reach what lies in /root, and the process
    becomes another user, real and without rights, before it does anything (`confine`).
    """
    identity = ["--unshare-user", *no_namespaces(), "--uid", "1000", "--gid", "1000"]
    rights = ["--cap-drop", "ALL"]
    if user is not None:
        identity, rights = [], [*rights, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    tmpfs = ["--perms", "1777", "--size", str(scratch), "--tmpfs"]
    return [
        *(shutil.which("bwrap") or "bwrap", *identity, *rights),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--dev", "/dev"),
        *(*tmpfs, "/dev/shm", "--remount-ro", "/dev", *tmpfs, "/tmp"),
    ]
