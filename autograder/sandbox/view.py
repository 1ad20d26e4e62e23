"""What a submission's process may see of the machine: mounts for bubblewrap, rules for Landlock.

Both show the same: programs and libraries of the system, this Python, the packages of the student's
kit (`packages`), and the sandbox's own folder with the student package and what runs inside. They
hide other packages, the project and the course that is being graded.

Python imports packages from a folder of links, one to each package. With bubblewrap it is mounted
over the folder of all packages, so that a module's path is the same inside and outside: the
`template` has imported it outside. All packages are mounted at another place, where Landlock lets
only those of the kit be opened. On a kernel without Landlock each package is a mount of its own,
which takes longer.
"""

import functools
import os
import shutil
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.content import Content, folder_of
from autograder.sandbox import packages

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "inside"  # the scripts that run in the sandbox
PROJECT = HERE.parents[1]
INSIDE = "/grader"  # where bubblewrap shows the sandbox's own folder
PYTHON = os.path.realpath(sys.executable)  # in a virtual environment, sys.executable is a link
SYSTEM_PATHS = (
    *("/usr", "/lib", "/lib64", "/bin"),
    *("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives", "/etc/mime.types"),
)
DEVICES = ("/dev/zero", "/dev/random", "/dev/urandom")  # bubblewrap makes a /dev of its own
NEEDED = {"bin", "lib", "lib64"}  # folders of a Python that `lend` links
NOT_LENT = {"site-packages", "dist-packages", "test", "include"}  # what it leaves out
HIDDEN = """raise ImportError("{name} is not there while submissions are graded")\n"""


@functools.cache
def interpreter_paths() -> list[str]:
    """The folders that hold this Python, and the targets of links to them."""
    prefixes = {sys.base_prefix, os.path.realpath(sys.base_prefix)}
    return sorted({os.path.abspath(path) for path in prefixes} - {"/usr"})


def private_paths(content: Content | None) -> list[Path]:
    """The existing paths that no student's process may read, wherever they are installed.

    The whole project, or in an ordinary installation its package; the packages of the content (the
    process sees `fill`'s copy of the student package); and the folder of the course that is being
    graded, with its gradebook and submissions.
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


def importable(content: Content | None) -> packages.Importable:
    """The packages of the student's kit: see `packages.importable`."""
    return packages.importable(content.requirements if content else ())


def package_folders(content: Content | None) -> list[Path]:
    """The real path of every folder of packages that the visible folders hold."""
    found = [*packages.folders(interpreter_paths()), *importable(content)]
    return list(dict.fromkeys(Path(os.path.realpath(folder)) for folder in found))


# -- the sandbox's own folder ---------------------------------------------------------------------


def fill(
    folder: Path,
    kind: str,
    content: Content | None,
    hidden: Collection[str] = (),
    user: int | None = None,
    fonts: bool = True,
) -> None:
    """Copy into ``folder`` what the process may see of the project, and link the kit's packages.

    kind : of sandbox
    content : its student package and kit are visible; None: neither
    hidden : names of modules of the student package that cannot be imported
    user : id of the process's user; None if it is the grader's own
    fonts : True to copy matplotlib's list of fonts, which imports matplotlib
    """
    if content:
        unwanted = shutil.ignore_patterns("__pycache__", *(f"{name}.py" for name in hidden))
        shutil.copytree(content.student_folder, folder / content.students, ignore=unwanted)
        for name in hidden:
            message = HIDDEN.format(name=f"{content.students}.{name}")
            (folder / content.students / f"{name}.py").write_text(message)
    (folder / "runner" / "matplotlib").mkdir(parents=True)
    for path in SCRIPTS.glob("[!_]*.py"):
        shutil.copy(path, folder / "runner")
    for path in known_fonts() if fonts else ():
        shutil.copy(path, folder / "runner" / "matplotlib")
    for path in (folder, *folder.rglob("*")):  # independent of the grader's umask
        path.chmod(0o755 if path.is_dir() else 0o644)
    if kind != "none":
        link_packages(folder, kind, content, user)
    if kind == "landlock":
        for prefix in interpreter_paths():
            if is_lent(prefix, user) and not (folder / "python").exists():
                lend(Path(prefix), folder / "python", content)


def link_packages(folder: Path, kind: str, content: Content | None, user: int | None) -> None:
    """Fill ``folder/imports``, with a numbered folder for each one that holds packages of the kit.

    The arguments are those of `fill`.
    """
    for number, (place, names) in enumerate(importable(content).items()):
        imports = folder / "imports" / str(number)
        imports.mkdir(parents=True)
        (folder / "packages" / str(number)).mkdir(parents=True)  # a mount point
        for name in names:
            if kind == "bubblewrap":
                (imports / name).symlink_to(f"{INSIDE}/packages/{number}/{name}")
            elif is_lent(place, user):
                lend(place / name, imports / name, content)
            else:
                (imports / name).symlink_to(place / name)


def known_fonts() -> list[Path]:
    """The files with matplotlib's lists of fonts; if there are none, matplotlib looks for fonts."""
    import matplotlib

    cache = Path(matplotlib.get_cachedir())
    if not list(cache.glob("fontlist-*.json")):
        import matplotlib.font_manager  # writes the list
    return list(cache.glob("fontlist-*.json"))


# -- bubblewrap -----------------------------------------------------------------------------------


def mounts(folder: Path, landlock: bool, content: Content | None) -> list[str]:
    """bubblewrap's options for what is visible, in order: later ones cover earlier ones.

    folder : filled by `fill`
    landlock : True if Landlock hides the packages that are not of the kit
    content : see `fill`
    """
    options: list[str] = []
    for path in (*SYSTEM_PATHS, *interpreter_paths(), *map(str, package_folders(content))):
        options += open_folders(Path(path))
    options += read_only((*SYSTEM_PATHS, *interpreter_paths()))
    for place, private in hiding_places(content):
        options += ["--tmpfs", str(place)]
        for path in interpreter_paths():  # for an environment inside the project
            if Path(path).is_relative_to(private):
                options += ["--ro-bind", path, path]
        options += ["--remount-ro", str(place)]
    kit = {Path(os.path.realpath(place)): names for place, names in importable(content).items()}
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


def read_only(paths: Iterable[str]) -> list[str]:
    """bubblewrap's options that show these folders and files read-only, if they exist."""
    return [option for path in paths for option in ("--ro-bind-try", path, path)]


def open_folders(path: Path) -> Iterator[str]:
    """Yield bubblewrap's options that create the folders above a path, readable for every user."""
    for folder in [*path.parents][-2::-1]:
        if not any(folder.is_relative_to(os.path.realpath(place)) for place in SYSTEM_PATHS):
            yield from ("--perms", "0755", "--dir", str(folder))


def hiding_places(content: Content | None) -> Iterator[tuple[Path, Path]]:
    """Yield each place where a visible folder would show a private path: (place, private path).

    Links are followed: a private path in a folder that has two names gives two places.
    """
    for folder in (*SYSTEM_PATHS, *interpreter_paths()):
        real = Path(os.path.realpath(folder))
        for private in private_paths(content):
            if private.is_relative_to(real):
                yield folder / private.relative_to(real), private


def rules_of_mounts(content: Content | None) -> dict[str, list[str]]:
    """Landlock's rules inside the mounts of `mounts`: see `confine.ruleset`."""
    kit = enumerate(importable(content).values())
    allowed = [f"{INSIDE}/packages/{number}/{name}" for number, names in kit for name in names]
    students = [content.students] if content else []
    ours = [f"{INSIDE}/{name}" for name in ("runner", "imports", *students)]
    places = [str(place) for place in package_folders(content)]  # folders of links, or empty
    return {
        "list": ["/"],
        "read": [*SYSTEM_PATHS, *interpreter_paths(), *places, *ours, *allowed],
        "write": ["/tmp", "/dev"],
    }


# -- Landlock alone -------------------------------------------------------------------------------


def rules(folder: Path, user: int | None, content: Content | None) -> dict[str, list[str]]:
    """Landlock's rules without mounts: see `confine.ruleset`.

    folder : filled by `fill`
    user, content : see `fill`
    """
    private = {Path(os.path.realpath(path)) for path in private_paths(content)}
    hidden = private.union(package_folders(content))
    interpreter = [path for path in interpreter_paths() if not is_lent(path, user)]
    seen = dict.fromkeys(Path(os.path.realpath(p)) for p in (*SYSTEM_PATHS, *interpreter))
    stdlib = Path(os.path.realpath(os.path.dirname(os.__file__)))
    allowed = [str(part) for path in seen for part in without(path, hidden)]
    for place, names in importable(content).items():
        if not is_lent(place, user):
            allowed += [str(place / name) for name in names]
    return {
        # Python finds modules by listing folders. This also shows the names of other packages.
        "list": [str(stdlib), *(str(p) for p in seen if not holds(p, private))],
        "read": [*allowed, *DEVICES, str(folder)],
        "write": ["/dev/null"],
    }


def without(path: Path, hidden: Collection[Path]) -> Iterator[Path]:
    """Yield the largest parts of a path that hold nothing hidden.

    Links are left out: a rule for one would allow its target.
    """
    if path in hidden or not path.exists():
        return
    if not holds(path, hidden):
        yield path
        return
    for child in path.iterdir():
        if not child.is_symlink():
            yield from without(child, hidden)


def holds(folder: Path, paths: Iterable[Path]) -> bool:
    """True if one of these paths lies in a folder, or is the folder."""
    return any(path.is_relative_to(folder) for path in paths)


def is_lent(path: str | Path, user: int | None) -> bool:
    """True if ``user`` cannot reach a path, for instance in /root, so that `lend` has to link it.

    user : see `fill`
    """
    return user is not None and is_closed(path)


@functools.cache
def is_closed(path: str | Path) -> bool:
    """True if a path, or a folder that it lies in, is closed to other users."""
    real = Path(os.path.realpath(path))
    return any(not place.stat().st_mode & 0o001 for place in (real, *real.parents))


def lend(source: Path, target: Path, content: Content | None) -> None:
    """Link a file, or the files of a folder without packages, where other users can reach them."""
    if source.is_file():
        link(source, target)
    else:
        hidden = {Path(os.path.realpath(path)) for path in private_paths(content)}

        def unneeded(folder: str, names: list[str]) -> list[str]:
            # A folder that holds a whole Python may also hold environments of other users.
            top: Collection[str] = (
                NEEDED if (source / "bin").is_dir() and Path(folder) == source else names
            )
            skipped = NOT_LENT.union(n for n in names if Path(folder, n) in hidden)
            return [name for name in names if name in skipped or name not in top]

        shutil.copytree(source, target, symlinks=True, copy_function=link, ignore=unneeded)
        target.chmod(0o755)


def link(source: str | Path, target: str | Path) -> None:
    """Make a hard link to a file, or copy it if it lies on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def libraries(folder: Path) -> str | None:
    """The folder with the libraries of an interpreter that was lent; None if it was not.

    The interpreter would look where it was installed, and then use the system's, of another
    version.

    folder : filled by `fill`
    """
    lent = folder / "python"
    return str(lent / "lib") if lent.exists() else None


def python(folder: Path) -> str:
    """The path of the interpreter, as the process sees it.

    folder : filled by `fill`
    """
    lent = folder / "python"
    if not lent.exists():
        return PYTHON
    return str(lent / Path(PYTHON).relative_to(os.path.realpath(sys.base_prefix)))
