#!/bin/bash
# A sweep whose points take unlike times: each job takes what no other has, until nothing is left. sbatch claim.sh.
#SBATCH --job-name=sweep
#SBATCH --array=0-3
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --output=%x-%A_%a.log

exec ntwk sweep "${MODEL:-model.toml}" --out "${OUT:-out}" --claim --quiet
