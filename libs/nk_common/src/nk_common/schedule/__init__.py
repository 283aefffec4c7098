"""What the extractor does at set times: the jobs, when they are due, and which command each firing is. Pure."""
