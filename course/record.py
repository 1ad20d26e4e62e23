"""Which answers have passed their practice cells."""

from collections.abc import Mapping, Sequence


class Record:
    """Of each task the answer that passed, and which of its practice cells have passed with it."""

    def __init__(self) -> None:
        # By task: the answer, the numbers of the practice cells that passed, how many there are.
        self._passed: dict[str, tuple[object, set[int], int]] = {}

    def passed(self, task: str, answer: object, part: int = 1, of: int = 1) -> None:
        """Note that a practice cell has passed: the last line of the cell.

        task : name of the task
        answer : what was checked. Another object of this name, made later, has not passed.
        part, of : number of the practice cell among those of the task, and how many there are
        """
        known, parts, _ = self._passed.get(task, (None, set(), of))
        self._passed[task] = answer, (parts if known is answer else set()) | {part}, of

    def failed(self, answer: object) -> None:
        """Forget that an answer had passed."""
        self._passed = {
            task: entry for task, entry in self._passed.items() if entry[0] is not answer
        }

    def progress(
        self, names: Mapping[str, object], *tasks: str, written: Sequence[str] = ()
    ) -> None:
        """Print which tasks have passed practice since the kernel was started, and which are open.

        names : the names of the notebook, ``globals()``
        tasks : the names of the tasks, in order
        written : the names of the answers in words, which no check can judge
        """
        if not any(task in names for task in tasks):
            print(
                "No task has been run since the kernel was started."
                " Run the cells from the top, one by one, then this one again."
            )
            return
        states = {task: self._state(task, names) for task in tasks}
        done = sum(mark == "ok" for mark, _ in states.values())
        print(f"Practice since the kernel was started: {done} of {len(tasks)} tasks have passed.\n")
        in_words = "-", "in words: a person reads it, no cell can check it"
        states |= dict.fromkeys(written, in_words)
        width = max(map(len, states))
        for task, (mark, said) in states.items():
            print(f"{mark:<6}{task:<{width}}  {said}".rstrip())
        if done == len(tasks):
            print("\nBefore you hand in: restart the kernel, run all cells once more, and save.")

    def _state(self, task: str, names: Mapping[str, object]) -> tuple[str, str]:
        """Whether a task has passed practice as it is now, "ok" or "open", and a remark."""
        if task not in names:
            return "open", "its cell has not been run"
        if task not in self._passed:
            return "open", "its practice has not passed"
        answer, parts, of = self._passed[task]
        if answer is not names[task]:
            return "open", "run again since its practice passed: practise once more"
        if len(parts) < of:
            return "open", f"{len(parts)} of {of} practice cells have passed"
        return "ok", "" if callable(answer) else "filled in; practice looks at the form only"
