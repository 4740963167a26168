#!/bin/bash
# A sweep in one job with many processes: sbatch mpi.sh. They do not talk to each other: mpirun only starts and numbers them, as
# does srun.
#SBATCH --job-name=sweep
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00

# With srun: srun ntwk sweep ... --shard auto
exec ${MPIRUN:-mpirun} ntwk sweep "${MODEL:-model.toml}" --out "${OUT:-out}" --shard auto --quiet
