"""``autograder name``: give a sentence to wrong answers that behave alike."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autograder.commands import options

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.grading.record import Recorder
    from autograder.named import Mistake
    from autograder.output.report.groups import Group


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "name",
        "give a sentence to wrong answers that behave alike",
        "Without a GROUP: list the groups of a unit's wrong answers that behave alike and that "
        "no misconception explains, the largest first. With a GROUP and a SENTENCE: all who match "
        "the group, now and later, read the sentence in their feedback. It is kept in "
        "mistakes.json, in the course's folder. Nothing is run or graded.",
    )
    parser.add_argument("unit", metavar="UNIT", help="the name of a folder in source/")
    parser.add_argument(
        "group",
        nargs="?",
        metavar="GROUP",
        help="an id as the list shows it, such as pad2d:3f2a1c, or the beginning of one; with "
        "--remove the name of a mistake, such as pad2d__doubles_the_frame",
    )
    parser.add_argument("sentence", nargs="?", metavar="SENTENCE", help="what students read")
    parser.add_argument(
        "--as",
        dest="slug",
        metavar="NAME",
        help="the mistake's name in reports, of a-z, 0-9 and _; default: made from the sentence",
    )
    parser.add_argument(
        "--remove", action="store_true", help="take the name away again from the mistake GROUP"
    )
    parser.add_argument(
        "--all", action="store_true", help="list answers that behave like no other, too"
    )


def run(chosen: argparse.Namespace) -> int:
    """List the groups, name one, or remove a name; returns the exit code.

    Raises CourseError if that is not possible.
    """
    from autograder.course import Course, CourseError

    course = Course()
    course.choose_units([chosen.unit])
    if chosen.remove:
        if not chosen.group or chosen.sentence or chosen.slug:
            raise CourseError("With --remove give a unit and the name of a mistake, no more.")
        remove(course, chosen.unit, chosen.group)
    elif chosen.sentence:
        name(course, chosen.unit, chosen.group, chosen.sentence, chosen.slug)
    elif chosen.group or chosen.slug:
        raise CourseError(
            "The sentence is missing: write, in quotation marks, what the students will read."
        )
    else:
        show(course, chosen.unit, chosen.all)
    return 0


def groups_of(course: Course, unit: str) -> list[Group]:
    """The groups of a unit's class."""
    from autograder.output.report import groups, results

    return groups.groups(results.read(course, unit, {}).students)


def show(course: Course, unit: str, every: bool) -> None:
    """Print the groups, and the mistakes that have a name.

    every : with the groups of one student
    """
    from autograder import named
    from autograder.output.report import groups
    from autograder.wording import counted

    made = groups_of(course, unit)
    shown = [group for group in made if every or len(group.students) >= groups.LEAST]
    for group in shown:
        print(f"{group.id}  {counted(group.students, 'student')}")
        seen = group.behaviour
        for what, text in (("call", seen.call), ("asked for", seen.asked), ("came", seen.came)):
            print(f"    {what:<10} {text}")
        print(*(f"    | {line}" for line in group.code.split("\n")), "", sep="\n")
    if alone := made[len(shown) :]:
        verb = "behaves" if len(alone) == 1 else "behave"
        print(f"{counted(alone, 'wrong answer')} {verb} like no other: --all lists them.")
    if shown:
        print(f'To name a group: autograder name {unit} {shown[0].id} "You …"')
    elif not alone:
        print(f"{unit}: no wrong answer is without a name, as far as the probes tell.")
    tasks = course.content.tasks_if_any(unit)
    for mistake in named.read(course.root).mistakes:
        if mistake.task in tasks:
            print(f"named: {mistake.name}: {mistake.sentence}")


def name(course: Course, unit: str, wanted: str, text: str, slug: str | None) -> None:
    """Give a group its sentence."""
    from autograder import named
    from autograder.checking import behaviour
    from autograder.course import CourseError
    from autograder.grading.record import Recorder
    from autograder.output.report import groups
    from autograder.untrusted.text import clean_line

    sentence = " ".join(clean_line(text).split())
    slug = named.slug_of(sentence) if slug is None else slug
    if not sentence or not named.SLUG.fullmatch(slug):
        raise CourseError(
            f"{slug!r} is no name for a mistake: with --as give one of a-z, 0-9 and _ that begins "
            "with a letter."
        )
    group = groups.find(groups_of(course, unit), wanted)
    full = f"{group.task}__{slug}"
    calls = named.probes(course, unit).get(group.task, [])
    if behaviour.fingerprint(behaviour.from_json(calls)) != group.behaviour.probes:
        raise CourseError(
            f"{group.id} was graded with other probes than the course has now: run `autograder "
            f"grade {unit}`, then name the group."
        )
    with Recorder(course, unit) as recorder:
        taken = {mistake.name for mistake in recorder.named.mistakes}
        if full in taken or full in course.content.of_unit(unit)[group.task].misconceptions:
            raise CourseError(f"There is a {full} already: choose another name with --as.")
        mistake = named.Mistake(full, group.task, sentence, group.behaviour)
        recorder.named = recorder.named.with_mistake(mistake, calls)
        named.write(course.root, recorder.named)
        spread(recorder, mistake)


def remove(course: Course, unit: str, wanted: str) -> None:
    """Take a name away."""
    from autograder import named
    from autograder.course import CourseError
    from autograder.grading.record import Recorder

    with Recorder(course, unit) as recorder:
        tasks = course.content.tasks_if_any(unit)
        here = {one.name: one for one in recorder.named.mistakes if one.task in tasks}
        if wanted not in here:
            known = ", ".join(here) or "none"
            raise CourseError(f"No mistake of {unit} is called {wanted}; there is: {known}.")
        recorder.named = recorder.named.without(here[wanted])
        named.write(course.root, recorder.named)
        spread(recorder, here[wanted])


def spread(recorder: Recorder, mistake: Mistake) -> None:
    """Bring a change of the names into all graded notebooks of the unit, and say whom it reaches.

    mistake : the one that has changed
    """
    from autograder import named
    from autograder.wording import counted

    reports = {student: recorder.report(student) for student in sorted(recorder.scores)}
    renamed = [recorder.rename(student, one) for student, one in reports.items() if one]
    readers = [one for one in renamed if mistake.name in one.misconceptions.get(mistake.task, [])]
    unit = recorder.unit
    verb = "reads" if len(readers) == 1 else "read"
    print(f"{mistake.name}: {counted(readers, 'student')} of {unit} {verb} it ({named.FILE}).")
    print(
        "Feedback pages that were written before do not have the change: "
        f"`autograder return {unit}` writes them again."
    )
