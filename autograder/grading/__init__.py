"""From a submission to a recorded grade."""
