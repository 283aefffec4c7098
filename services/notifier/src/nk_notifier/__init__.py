"""The notifier: says once what is not as it should be, and every morning how yesterday was."""
