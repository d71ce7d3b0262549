"""Where checkpoints lie: file systems, and the layout of a job's folder."""
