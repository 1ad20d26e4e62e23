"""The command line of bubblewrap: namespaces and empty file systems."""

import functools
import shutil
import subprocess


@functools.cache
def no_namespaces() -> list[str]:
    """The option that forbids nested namespaces; empty before bubblewrap 0.8, which added it."""
    told = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    return ["--disable-userns"] if "--disable-userns" in told.stdout + told.stderr else []


def bubblewrap(scratch: int, user: int | None) -> list[str]:
    """The command up to the mounts of files: namespaces and empty file systems.

    There is no /proc: through its links a process reaches its own program outside the mounts, where
    it can be written to, and its files show what other submissions do.

    If root grades, no user namespace is made, so that files below /root can be mounted. `confine`
    then switches to an unprivileged user before any student code runs.

    scratch : size of /tmp and of /dev/shm, in bytes
    user : id of the user that the process becomes; None if the grader is not root
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
