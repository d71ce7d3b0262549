"""The JobManager as a process: takes jobs, runs each in a process of its own, resumes them."""
