"""What the class understood, and what became of its submissions, as text."""

import datetime
import statistics


def holders(outcomes):
    """The students who hold each misconception, most frequent first: {name: [students]}.

    outcomes : `grading.Graded` of one unit
    """
    found = {}
    for graded in outcomes:
        if graded.report:
            for names in graded.report.misconceptions.values():
                for name in names:
                    found.setdefault(name, []).append(graded.student)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def misconceptions(outcomes):
    """The same as lines of text; empty if no misconception was recognised."""
    found = holders(outcomes)
    if not found:
        return ""
    lines = ["Misconceptions of the class:"]
    for name, students in found.items():
        some = ", ".join(students[:3]) + (", …" if len(students) > 3 else "")
        lines.append(f"{len(students):>4}  {name:<48}  {some}")
    return "\n".join(lines)


def summary(unit, outcomes, dry_run=False):
    """What became of a unit's submissions, to be pasted into a mail.

    outcomes : `grading.Graded` of one unit
    dry_run : nothing was recorded
    """
    today = datetime.date.today()
    title = f"{unit}, {today:%d} {today:%B} {today.year}: {counted(outcomes, 'submission')}"
    lines = [f"{title} (dry run, nothing recorded)" if dry_run else title]

    def add(what, text):
        lines.append(f"  {what:<11}{text}")

    graded = [g for g in outcomes if g.report]
    if graded:
        same = sum(g.unchanged for g in graded)
        add(
            "graded",
            f"{len(graded)}" + (f", {same} of them unchanged since last time" if same else ""),
        )
        scores = [g.report.score for g in graded]
        add(
            "scores",
            f"mean {statistics.mean(scores):.1f}, median {statistics.median(scores):g}, "
            f"from {min(scores):g} to {max(scores):g} of {graded[0].report.maximum:g}",
        )
    if late := [g for g in graded if g.late]:
        names = ", ".join(f"{g.student} {g.late:g}" for g in late)
        add("late", f"points to be taken off these scores: {names}")
    if written := max((g.report.written for g in graded), default=0):
        add(
            "by hand",
            f"up to {written:g} points more: grade the written answers in formgrader; "
            "the rubric is in the source",
        )
    if changed := [g for g in graded if g.changes()]:
        verb = "would get" if dry_run else "got"
        add("changed", f"{counted(changed, 'student')} {verb} another score than before")
    if reasons := [g for g in outcomes if g.reason]:
        add("no grade", f"{len(reasons)}, for the reason that stands with each:")
        lines += [f"    {g.student}: {g.reason}" for g in reasons]
    if failures := [g for g in outcomes if g.failure]:
        add("FAILED", f"{len(failures)}, not the students' fault: run the same command again:")
        lines += [f"    {g.student}: {g.failure}" for g in failures]
    return "\n".join(lines)


def counted(items, noun):
    """How many, in words: 1 student, 2 students."""
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")
