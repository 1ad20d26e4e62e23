"""What the class understood, and what became of its submissions, as text."""

import datetime
import statistics

from autograder.wording import counted


def holders(outcomes):
    """The students who hold each misconception, most frequent first: {name: [students]}.

    outcomes : `model.Graded` of one unit
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

    outcomes : `model.Graded` of one unit
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
    if refused := [g for g in outcomes if g.refusal]:
        add("no grade", f"{len(refused)}, for the reason that stands with each:")
        lines += [f"    {g.student}: {g.refusal}" for g in refused]
    if failures := [g for g in outcomes if g.failure]:
        add("FAILED", f"{len(failures)}, not the students' fault: run the same command again:")
        lines += [f"    {g.student}: {g.failure}" for g in failures]
    return "\n".join(lines)


def line(graded, width=24):
    """One student's line."""
    if graded.report is None:
        what = f"FAILED, grade again: {graded.failure}" if graded.failure else graded.refusal
        return f"{graded.student:<{width}} no grade: {what}"
    report = graded.report
    found = [name for names in report.misconceptions.values() for name in names]
    notes = [*found, *dict.fromkeys(report.problems)]
    notes += [f"{count} lines are those of {name}" for name, count in report.overlap.items()]
    notes += report.remarks
    if report.repairs:
        notes.append(f"repairs: {len(report.repairs)}, see the feedback")
    mark = " (unchanged)" if graded.unchanged else ""
    if changes := graded.changes():
        each = (
            f"{name.removeprefix('test_')} {was} → {now}" for name, (was, now) in changes.items()
        )
        mark = f" (until now {graded.score_before:g}; {', '.join(each)})"
    by_hand = f" + up to {report.written:g} by hand" if report.written else ""
    late = f" − {graded.late:g} for lateness" if graded.late else ""
    score = f"{report.score:>6g} of {report.maximum:g}{by_hand}{late}{mark}"
    return f"{graded.student:<{width}} {score}  {'; '.join(notes)}".rstrip()
