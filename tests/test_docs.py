"""What our pages name exists, so that they cannot fall behind the code."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S))))
COMMAND = re.compile(r"(?:autograder|nbgrader|make) [a-z_]+(?: --[a-z-]+)*")
# What is none of ours to be found: folders of a course, programs, and single words of code.
OTHERS = {"submitted/", "autograded/", "release/", "cat", "ps", "STUDENT_ID"}
OTHERS |= {"check_<task>", "contract_<task>", "test_<task>", ".part", ".passed", ".failed"}
OTHERS |= {"LAYERS", "Run", "mistakes.json"}


@functools.cache
def members(path):
    """The names that a module, or each of its classes, defines: {name: members of it}."""

    def defined(body):
        found = {}
        for node in body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = defined(node.body)
            elif isinstance(node, ast.FunctionDef):
                found[node.name] = {}
            elif isinstance(node, ast.AnnAssign):
                found[node.target.id] = {}
            elif isinstance(node, ast.Assign):
                targets = (name for target in node.targets for name in ast.walk(target))
                found |= {name.id: {} for name in targets if isinstance(name, ast.Name)}
        return found

    return defined(ast.parse(path.read_text(encoding="utf-8")).body)


def is_name(text):
    """True if this is a module below autograder/, or what one defines: nothing is imported."""
    place, parts = ROOT / "autograder", text.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if not parts:
        return place.is_dir()
    module = place / f"{parts[0]}.py"
    path = module if module.is_file() else place / "__init__.py"
    found = members(path) if path.is_file() else {}
    for part in parts[1:] if path == module else parts:
        if part not in found:
            return False
        found = found[part]
    return True


def is_path(text):
    """True for a path from the root, or the name of a file somewhere in autograder/."""
    return (ROOT / text).exists() or any((ROOT / "autograder").rglob(text))


def exists(text):
    return is_name(text) or is_path(text)


@pytest.mark.parametrize("text", NAMED)
def test_what_the_page_on_the_architecture_names_exists(text):
    known = COMMAND.fullmatch(text) or text in OTHERS
    assert known or exists(text), f"docs/architecture.md names {text}, which does not exist"


def test_the_page_names_every_package():
    packages = {p.parent for p in (ROOT / "autograder").glob("*/__init__.py")}
    modules = set((ROOT / "autograder").glob("[!_]*.py"))
    missing = {p.name for p in packages | modules if f"`autograder/{p.name}" not in PAGE}
    assert not missing, f"docs/architecture.md says nothing of {sorted(missing)}"


PAGES = [
    "README.md",
    ".github/CONTRIBUTING.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files_of_a_page_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:autograder|course|tests|benchmarks|students)/[\w./]+)`", text))
    links = set(re.findall(r"\]\((?!http|#)([^)#]+)", text))
    missing = [name for name in files if not (ROOT / name).exists()]
    missing += [name for name in links if not ((ROOT / page).parent / name).exists()]
    assert not missing, f"{page} names {missing}, which do not exist"


@pytest.mark.parametrize(
    "text",
    ["grading.run.Walk", "grading.run.Run.walk", "nowhere.at.all", "model.Part.colour", "no.css"],
)
def test_what_does_not_exist_is_noticed(text):
    assert not exists(text)
