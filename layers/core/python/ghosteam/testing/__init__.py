"""Contract suites: what each member of a registry must do; they raise AssertionError."""
