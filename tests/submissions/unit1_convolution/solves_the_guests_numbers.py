"""Right, but by hand with the numbers of a guest: no id at the top."""

EXPECTED = 12


def build(work):
    work.solve()
    work.answer_by_hand("")
