"""Systems under test that come with fuzzeq. A target imports `fuzzeq.model` and nothing of the
machine that tests it."""
