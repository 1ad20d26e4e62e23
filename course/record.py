"""Which answers have passed their practice cells, in this kernel and before it was started."""

from collections.abc import Mapping, Sequence

from course import student


class Record:
    """Of each task the answer that passed."""

    def __init__(self) -> None:
        # By task: the answer that passed, and its fingerprint.
        self._passed: dict[str, tuple[object, str | None]] = {}

    def passed(self, task: str, answer: object) -> None:
        """Note and say that a task has passed its practice: the last line of the practice cell.

        task : name of the task
        answer : what was checked. Another object of this name, made later, has not passed.
        """
        fingerprint = student.fingerprint(answer)
        self._passed[task] = answer, fingerprint
        student.update("passed", **{task: fingerprint})
        print(f"{task} has passed its practice.")

    def failed(self, answer: object) -> None:
        """Forget that an answer had passed."""
        failed = [task for task, (passed, _) in self._passed.items() if passed is answer]
        for task in failed:
            del self._passed[task]
        if failed:
            student.update("passed", **dict.fromkeys(failed))

    def progress(
        self, names: Mapping[str, object], unit: str, *tasks: str, written: Sequence[str] = ()
    ) -> None:
        """Print which tasks have passed practice as they are now, and what is left in other units.

        names : the names of the notebook, ``globals()``
        unit : name of the unit, which is that of its notebook
        tasks : the names of the tasks, in order
        written : the names of the answers in words, which no check can judge
        """
        if not any(task in names for task in tasks):
            print(
                "No task has been run since the kernel was started."
                " Run the cells from the top, one by one, then this one again."
            )
            return
        if owner := names.get("STUDENT_ID"):
            print(f"The numbers of {owner}.")
        else:
            print(
                "WARNING: no id, so these are a guest's numbers, which earn no points. Write your"
                " id into the cell near the top, and run that cell and those by hand again."
            )
        earlier = student.section("passed")
        states = {task: self._state(task, names, earlier.get(task)) for task in tasks}
        done = sum(mark == "ok" for mark, _ in states.values())
        print(f"{done} of {len(tasks)} tasks have passed their practice.\n")
        empty = student.empty_texts(unit, written)
        for name in written:
            states[name] = (
                ("open", "still empty, as the notebook was last saved")
                if name in (empty or ())
                else ("-", "in words: a person reads it, no cell can check it")
            )
        width = max(map(len, states))
        for task, (mark, said) in states.items():
            print(f"{mark:<6}{task:<{width}}  {said}".rstrip())

        student.update("units", **{unit: f"{done} of {len(tasks)} tasks{_texts(empty)}"})
        others = {name: said for name, said in student.section("units").items() if name != unit}
        if others:
            print("\nThe other units, when you last ran this cell there:")
            for name in sorted(others):
                print(f"      {name}: {others[name]}")
        if done == len(tasks) and not empty:
            print("\nBefore you hand in: restart the kernel, run all cells once more, and save.")

    def _state(
        self, task: str, names: Mapping[str, object], earlier: str | None
    ) -> tuple[str, str]:
        """Whether a task has passed practice as it is now, "ok" or "open", and a remark.

        earlier : fingerprint of the answer that passed before the kernel was started
        """
        if task not in names:
            return "open", "its cell has not been run"
        answer, form = names[task], ""
        if not callable(answer):
            form = "filled in; practice looks at the form only"
        passed, fingerprint = self._passed.get(task, (None, earlier))
        if task in self._passed and passed is answer:
            return "ok", form
        if fingerprint and fingerprint == student.fingerprint(answer):
            return "ok", form or ("" if task in self._passed else "passed before the restart")
        if task in self._passed:
            return "open", "changed since its practice passed: practise once more"
        return "open", "its practice has not passed"


def _texts(empty: Sequence[str] | None) -> str:
    """What is said of a unit's empty texts, after the number of its tasks."""
    return f", {len(empty)} {'text' if len(empty) == 1 else 'texts'} empty" if empty else ""
