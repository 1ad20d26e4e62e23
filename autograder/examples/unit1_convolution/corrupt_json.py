"""Half a file: the upload broke off."""

EXPECTED = None
REASON = "not valid JSON"


def build(work):
    work.solve()
    work.raw = work.data()[:5000]
