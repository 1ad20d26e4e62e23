"""The numbers in the model answers of unit 5, for a student's own run."""

from autograder.units import mean_and_spread
from autograder.units.unit5_transfer import reference as right
from course.experiments import unit5_transfer as experiments


def why_transfer(mine):
    """What each way of training reached."""
    _, accuracies = experiments.three_bases(right.transfer_params, mine.seeds)
    ways = zip(("trained", "scratch", "random"), accuracies.values(), strict=True)
    return {key: v for name, shares in ways for key, v in mean_and_spread(name, shares).items()}


def why_finetuning(mine):
    """Gradients behind a new head and a trained one, the high rate, and the gains over the head."""
    numbers = {}
    _, new = experiments.first_gradients(mine.seeds, 0)
    _, trained = experiments.first_gradients(mine.seeds, 60)
    numbers["times_conv3"] = new["conv3"].mean() / trained["conv3"].mean()
    _, accuracies = experiments.rates_and_freezing(right.sgd_step, mine.seeds)
    numbers |= mean_and_spread("lost", accuracies["high rate, all trained"])
    _, _, shares = experiments.after_the_head(right.finetune_plan, mine.seeds, 60)
    longer, top, every = (shares - shares[:, :1]).T[1:]
    for name, gains in {"longer": longer, "all": every, "more": every - longer}.items():
        numbers |= mean_and_spread(name, gains)
    numbers["paid"] = _whether_it_paid(
        {"the top layer": top - longer, "all layers": every - longer}
    )
    return numbers


def _whether_it_paid(differences):
    """A sentence about what more was gained than by training the head as long.

    differences : dict from what was trained to an array (networks,)
    """
    clear = [way for way, more in differences.items() if more.mean() > more.std(ddof=1)]
    more = "gained more than the head, by more than the difference varies between networks:"
    if len(clear) == len(differences):
        return f"Both {more} it paid."
    if clear:
        return f"Only {clear[0]} {more} there it paid."
    return f"Neither {more} my three cannot tell that it paid."
