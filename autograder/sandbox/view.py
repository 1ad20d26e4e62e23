"""What a submission's process may see of the machine: mounts for bubblewrap, rules for Landlock.

Both show the same: programs and libraries of the system, this Python, the packages of the student's
kit (`packages`), and the sandbox's own folder with the student package and what runs inside. Other
packages, the project and the course that is being graded are not there.

Python imports packages from a folder of links, one to each package. With bubblewrap it is mounted
over the folder of all packages, so that a module's path is the same inside and outside: the process
that all are forked from (`template`) has imported it outside. All packages are mounted at another
place, where Landlock lets only those of the kit be opened. On a kernel without Landlock each
package is a mount of its own, which takes longer.
"""

import functools
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from autograder.content import folder_of
from autograder.sandbox import packages

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "inside"  # what runs in the sandbox
PROJECT = HERE.parents[1]
INSIDE = "/grader"  # where bubblewrap shows the sandbox's own folder
PYTHON = os.path.realpath(sys.executable)  # an environment's own is a link to it
SYSTEM_PATHS = (
    *("/usr", "/lib", "/lib64", "/bin"),
    *("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives", "/etc/mime.types"),
)
DEVICES = ("/dev/zero", "/dev/random", "/dev/urandom")  # bubblewrap brings a /dev of its own
NEEDED = {"bin", "lib", "lib64"}  # of a Python
NOT_LENT = {"site-packages", "dist-packages", "test", "include"}
HIDDEN = """raise ImportError("{name} is not there while submissions are graded")\n"""


@functools.cache
def interpreter_paths():
    """The folders that hold this Python, and what they link to."""
    prefixes = {sys.base_prefix, os.path.realpath(sys.base_prefix)}
    return sorted({os.path.abspath(path) for path in prefixes} - {"/usr"})


def private_paths(content):
    """What no student's process may read, wherever it is installed.

    The whole project, or in an ordinary installation its packages, and those of the content: the
    student package is seen as `fill` copied it, without what is hidden in this unit. And the folder
    that is being graded in, with its gradebook and submissions.
    """
    here = [Path.cwd()] if Path("nbgrader_config.py").is_file() else []
    checkout = (PROJECT / "pyproject.toml").is_file()
    installed = Path(os.path.realpath(sysconfig.get_paths()["purelib"]))
    places = [HERE.parent, installed / "autograder", *([PROJECT] if checkout else []), *here]
    if content:
        for name in (content.package, content.students):
            package = name.partition(".")[0]
            places += [folder_of(package), installed / package]
    return [path for path in places if path.exists()]


def kit_of(content):
    """The packages of the student's kit: see `packages.kit`."""
    return packages.kit(content.requirements if content else ())


def package_folders(content):
    """Every folder of packages that would be seen, under its real name."""
    found = [*packages.folders(interpreter_paths()), *kit_of(content)]
    return list(dict.fromkeys(Path(os.path.realpath(folder)) for folder in found))


# -- the sandbox's own folder ---------------------------------------------------------------------


def fill(folder, kind, content, hidden=(), user=None, fonts=True):
    """Copy into ``folder`` what the process may see of ours, and link the packages of the kit.

    kind : of sandbox
    content : a `Content`, whose student package and kit are seen; None: no package of ours
    hidden : names of modules of the student package that cannot be imported
    user : the number of the user that the process will be; None if it is the grader's own
    fonts : with matplotlib's list of fonts: to find it, matplotlib is imported
    """
    if content:
        unwanted = shutil.ignore_patterns("__pycache__", *(f"{name}.py" for name in hidden))
        shutil.copytree(content.student_folder, folder / content.students, ignore=unwanted)
    (folder / "runner" / "matplotlib").mkdir(parents=True)
    for path in SCRIPTS.glob("[!_]*.py"):
        shutil.copy(path, folder / "runner")
    for path in known_fonts() if fonts else ():
        shutil.copy(path, folder / "runner" / "matplotlib")
    for name in hidden:
        message = HIDDEN.format(name=f"{content.students}.{name}")
        (folder / content.students / f"{name}.py").write_text(message)
    for path in (folder, *folder.rglob("*")):  # whatever the grader's umask is
        path.chmod(0o755 if path.is_dir() else 0o644)
    if kind != "none":
        link_packages(folder, kind, content, user)
    if kind == "landlock":
        for prefix in interpreter_paths():
            if is_lent(prefix, user) and not (folder / "python").exists():
                lend(Path(prefix), folder / "python", content)


def link_packages(folder, kind, content, user):
    """Fill ``folder/imports``, with a folder for each that holds packages of the kit."""
    for number, (place, names) in enumerate(kit_of(content).items()):
        imports = folder / "imports" / str(number)
        imports.mkdir(parents=True)
        (folder / "packages" / str(number)).mkdir(parents=True)  # to be mounted on
        for name in names:
            if kind == "bubblewrap":
                (imports / name).symlink_to(f"{INSIDE}/packages/{number}/{name}")
            elif is_lent(place, user):
                lend(place / name, imports / name, content)
            else:
                (imports / name).symlink_to(place / name)


def known_fonts():
    """matplotlib's lists of the fonts it has found; finds them now if it never has."""
    import matplotlib

    cache = Path(matplotlib.get_cachedir())
    if not list(cache.glob("fontlist-*.json")):
        import matplotlib.font_manager  # writes the list
    return list(cache.glob("fontlist-*.json"))


# -- bubblewrap -----------------------------------------------------------------------------------


def mounts(folder, landlock, content):
    """bubblewrap's options for what is visible, in order: later ones cover earlier ones.

    folder : as `fill` has filled it
    landlock : whether Landlock hides the packages that are not the kit's
    content : see `fill`
    """
    options = []
    for place in (*SYSTEM_PATHS, *interpreter_paths(), *package_folders(content)):
        options += open_folders(Path(place))
    options += read_only((*SYSTEM_PATHS, *interpreter_paths()))
    for place, private in hiding_places(content):
        options += ["--tmpfs", str(place)]
        for path in interpreter_paths():  # an environment inside the project
            if Path(path).is_relative_to(private):
                options += ["--ro-bind", path, path]
        options += ["--remount-ro", str(place)]
    kit = {Path(os.path.realpath(place)): names for place, names in kit_of(content).items()}
    for place in package_folders(content):
        if place not in kit:
            options += ["--tmpfs", str(place), "--remount-ro", str(place)]
    options += ["--ro-bind", str(folder), INSIDE]
    for number, (place, names) in enumerate(kit.items()):
        imports, there = folder / "imports" / str(number), f"{INSIDE}/packages/{number}"
        if landlock:
            options += ["--ro-bind", str(place), there]
        else:
            options += ["--tmpfs", there]
            for name in names:
                options += ["--ro-bind", str(place / name), f"{there}/{name}"]
            options += ["--remount-ro", there]
        options += ["--ro-bind", str(imports), str(place)]
    return [*options, "--remount-ro", "/"]


def read_only(paths):
    """bubblewrap's options for folders and files that may be seen, as far as they exist."""
    return [option for path in paths for option in ("--ro-bind-try", path, path)]


def open_folders(path):
    """bubblewrap's options for the folders that a path lies in: open to whoever runs there."""
    for folder in [*path.parents][-2::-1]:
        if not any(folder.is_relative_to(os.path.realpath(place)) for place in SYSTEM_PATHS):
            yield from ("--perms", "0755", "--dir", str(folder))


def hiding_places(content):
    """Where something private would be seen through a folder that is visible.

    By pairs: that path, and the private thing itself. Links are followed, so that a folder seen
    under two names hides it under both.
    """
    for folder in (*SYSTEM_PATHS, *interpreter_paths()):
        real = Path(os.path.realpath(folder))
        for private in private_paths(content):
            if private.is_relative_to(real):
                yield folder / private.relative_to(real), private


def rules_of_mounts(content):
    """Landlock's rules inside these mounts: see `confine.ruleset`."""
    kit = enumerate(kit_of(content).values())
    allowed = [f"{INSIDE}/packages/{number}/{name}" for number, names in kit for name in names]
    students = [content.students] if content else []
    ours = [f"{INSIDE}/{name}" for name in ("runner", "imports", *students)]
    places = [str(place) for place in package_folders(content)]  # links, or nothing
    return {
        "list": ["/"],
        "read": [*SYSTEM_PATHS, *interpreter_paths(), *places, *ours, *allowed],
        "write": ["/tmp", "/dev"],
    }


# -- Landlock alone -------------------------------------------------------------------------------


def rules(folder, user, content):
    """Landlock's rules without mounts: what they do not name cannot be opened.

    folder : as `fill` has filled it
    user, content : see `fill`
    """
    private = {Path(os.path.realpath(path)) for path in private_paths(content)}
    hidden = private.union(package_folders(content))
    interpreter = [path for path in interpreter_paths() if not is_lent(path, user)]
    seen = dict.fromkeys(Path(os.path.realpath(p)) for p in (*SYSTEM_PATHS, *interpreter))
    stdlib = Path(os.path.realpath(os.path.dirname(os.__file__)))
    allowed = [str(part) for path in seen for part in without(path, hidden)]
    for place, names in kit_of(content).items():
        if not is_lent(place, user):
            allowed += [str(place / name) for name in names]
    return {
        # The names in a folder, without which Python finds no module there. Those of other packages
        # are among them.
        "list": [str(stdlib), *(str(p) for p in seen if not holds(p, private))],
        "read": [*allowed, *DEVICES, str(folder)],
        "write": ["/dev/null"],
    }


def without(path, hidden):
    """The largest parts of a path that hold nothing hidden. No links: a rule would follow them."""
    if path in hidden or not path.exists():
        return
    if not holds(path, hidden):
        yield path
        return
    for child in path.iterdir():
        if not child.is_symlink():
            yield from without(child, hidden)


def holds(folder, paths):
    """True if one of these paths lies in a folder."""
    return any(path.is_relative_to(folder) for path in paths)


def is_lent(path, user):
    """True if the process, another ``user``, could not get to a path: it lies in /root, say."""
    return user is not None and is_closed(path)


@functools.cache
def is_closed(path):
    """True if a folder, or one that it lies in, is closed to other users."""
    real = Path(os.path.realpath(path))
    return any(not place.stat().st_mode & 0o001 for place in (real, *real.parents))


def lend(source, target, content):
    """Link a file or a folder, without packages, to where other users can get."""
    if source.is_file():
        link(source, target)
    else:
        hidden = {Path(os.path.realpath(path)) for path in private_paths(content)}

        def unneeded(folder, names):
            # A folder that holds a whole Python holds others' environments too, perhaps.
            top = NEEDED if (source / "bin").is_dir() and Path(folder) == source else names
            skipped = NOT_LENT.union(n for n in names if Path(folder, n) in hidden)
            return [name for name in names if name in skipped or name not in top]

        shutil.copytree(source, target, symlinks=True, copy_function=link, ignore=unneeded)
        target.chmod(0o755)


def link(source, target):
    """Link a file, or copy it if it lies on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def libraries(folder):
    """Where a lent interpreter finds its own libraries; None if it is not lent.

    It would look for them where it was installed, and take the system's of another version.
    """
    lent = folder / "python"
    return str(lent / "lib") if lent.exists() else None


def python(folder):
    """The interpreter that the process runs, by the path at which it sees it.

    folder : as `fill` has filled it
    """
    lent = folder / "python"
    if not lent.exists():
        return PYTHON
    return str(lent / Path(PYTHON).relative_to(os.path.realpath(sys.base_prefix)))
