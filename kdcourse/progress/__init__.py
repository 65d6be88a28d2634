"""What a learner has done so far: kept in the workspace, on this machine and nowhere else."""
