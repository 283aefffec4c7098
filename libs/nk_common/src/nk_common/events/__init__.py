"""Messages: commands are imperative, events past tense. Golden files in tests/contract keep their form."""
