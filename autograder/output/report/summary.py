"""Text summaries of a run: the outcome of each submission, and the misconceptions of the class."""

import datetime
import statistics
from collections.abc import Sequence

from autograder.model import Graded
from autograder.wording import counted

MOST_NAMED = 5  # marks in one line of the summary


def holders(outcomes: Sequence[Graded]) -> dict[str, list[str]]:
    """The students who hold each misconception, most frequent first: {name: [students]}.

    outcomes : of one unit
    """
    found: dict[str, list[str]] = {}
    for graded in outcomes:
        if graded.report:
            for names in graded.report.misconceptions.values():
                for name in names:
                    found.setdefault(name, []).append(graded.student)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def misconceptions(outcomes: Sequence[Graded]) -> str:
    """The misconceptions of the class as text; empty if none was recognised."""
    found = holders(outcomes)
    if not found:
        return ""
    lines = ["Misconceptions of the class:"]
    for name, students in found.items():
        some = ", ".join(students[:3]) + (", …" if len(students) > 3 else "")
        lines.append(f"{len(students):>4}  {name:<48}  {some}")
    return "\n".join(lines)


def summary(unit: str, outcomes: Sequence[Graded], dry_run: bool = False) -> str:
    """The outcome of grading a unit as text, to be pasted into a mail.

    outcomes : of one unit
    dry_run : True if nothing was recorded
    """
    today = datetime.date.today()
    title = f"{unit}, {today:%d} {today:%B} {today.year}: {counted(outcomes, 'submission')}"
    lines = [f"{title} (dry run, nothing recorded)" if dry_run else title]

    def add(what: str, text: str) -> None:
        lines.append(f"  {what:<11}{text}")

    graded = [g for g in outcomes if g.report]
    reports = [g.report for g in outcomes if g.report]
    if reports:
        same = sum(g.unchanged for g in graded)
        add(
            "graded",
            f"{len(graded)}" + (f", {same} of them unchanged since last time" if same else ""),
        )
        scores = [report.score for report in reports]
        add(
            "scores",
            f"mean {statistics.mean(scores):.1f}, median {statistics.median(scores):g}, "
            f"from {min(scores):g} to {max(scores):g} of {reports[0].maximum:g}",
        )
    if late := [g for g in graded if g.late]:
        names = ", ".join(f"{g.student} {g.late:g}" for g in late)
        add("late", f"points to be taken off these scores: {names}")
    lines += written_answers(unit, graded)
    if changed := [g for g in graded if g.changes()]:
        verb = "would get" if dry_run else "got"
        add("changed", f"{counted(changed, 'student')} {verb} another score than before")
    if refused := [g for g in outcomes if g.refusal]:
        add("no grade", f"{len(refused)}, for the reason given with each:")
        lines += [f"    {g.student}: {g.refusal}" for g in refused]
    if failures := [g for g in outcomes if g.failure]:
        add("FAILED", f"{len(failures)}, not the students' fault: run the same command again:")
        lines += [f"    {g.student}: {g.failure}" for g in failures]
    return "\n".join(lines)


def written_answers(unit: str, graded: Sequence[Graded]) -> list[str]:
    """The lines of the summary on points that persons give.

    graded : those that have a report
    """
    lines = []
    waiting = [g for g in graded if points_to_come(g)]
    given = [g.by_hand.points for g in graded if g.by_hand and not g.by_hand.waiting]
    if waiting:
        most = max(map(points_to_come, waiting))
        lines.append(
            f"  by hand    up to {most:g} points more for {counted(waiting, 'student')}: mark the "
            f"written answers with `autograder mark {unit}`"
        )
    elif any(given):
        lines.append(f"  by hand    all is marked: mean {statistics.mean(given):.1f} points")
    if again := [(g.student, name, what) for g in graded for name, what in g.again.items()]:
        some = "; ".join(f"{student} {name} ({what})" for student, name, what in again[:MOST_NAMED])
        more = f" and {len(again) - MOST_NAMED} more" if len(again) > MOST_NAMED else ""
        lines.append(
            f"  look again {counted(again, 'mark')} by hand, since what it refers to has changed: "
            f"{some}{more}"
        )
    return lines


def points_to_come(graded: Graded) -> float:
    """The most points that a person can still give a submission."""
    if graded.by_hand:
        return graded.by_hand.waiting
    return graded.report.written if graded.report else 0.0


def line(graded: Graded, width: int = 24) -> str:
    """One student's outcome, in one line; the name is padded to ``width``."""
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
    given, to_come = graded.by_hand.points if graded.by_hand else 0.0, points_to_come(graded)
    by_hand = f" {'−' if given < 0 else '+'} {abs(given):g}" if given else ""
    by_hand += f" + up to {to_come:g}" if to_come else ""
    by_hand += " by hand" if by_hand else ""
    late = f" − {graded.late:g} for lateness" if graded.late else ""
    score = f"{report.score:>6g} of {report.maximum:g}{by_hand}{late}{mark}"
    return f"{graded.student:<{width}} {score}  {'; '.join(notes)}".rstrip()
