"""Says that test pictures are flipped and moved at random, too."""

EXPECTED = 11.75


def build(work):
    work.solve()
    source = work.cell("augmentation_claims").source
    wrong = 'augmentation_claims["test pictures are flipped and moved at random, too"] = True'
    work.write("augmentation_claims", f"{source}\n{wrong}")
