"""For the tests and for the notebooks, whose kernels inherit the environment."""

import os

# Experiment cells tell a student in a line what is wrong with a function of theirs. In here all
# functions are ours: whatever is wrong is a failure.
os.environ["COURSE_STRICT"] = "1"
