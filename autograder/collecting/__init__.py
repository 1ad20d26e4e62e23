"""From downloads and the exchange to ``submitted/``."""
