"""What the class understood: the misconceptions it holds, counted."""


def holders(outcomes):
    """The students who hold each misconception, most frequent first: {name: [students]}.

    outcomes : `grading.Graded` of one unit
    """
    found = {}
    for graded in outcomes:
        if graded.notebook:
            for names in graded.report.misconceptions.values():
                for name in names:
                    found.setdefault(name, []).append(graded.student)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def text(outcomes):
    """The same as lines of text; empty if no misconception was recognised."""
    found = holders(outcomes)
    if not found:
        return ""
    lines = ["Misconceptions of the class:"]
    for name, students in found.items():
        some = ", ".join(students[:3]) + (", …" if len(students) > 3 else "")
        lines.append(f"{len(students):>4}  {name:<48}  {some}")
    return "\n".join(lines)
