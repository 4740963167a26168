#!/bin/bash
# A sweep as a Slurm array: sbatch array.sh. Submit it again to go on where it ended: points that are known are not computed again.
#SBATCH --job-name=sweep
#SBATCH --array=0-3
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
# Two minutes before the time is over: the points at hand are finished, no other is begun.
#SBATCH --signal=B:USR1@120
#SBATCH --output=%x-%A_%a.log

# exec: the signal reaches ntwk, and its exit status is that of the job: 0 when the points of this job are known.
exec ntwk sweep "${MODEL:-model.toml}" --out "${OUT:-out}" --shard auto --quiet
