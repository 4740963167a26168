"""A sweep that dask distributes: each task computes a shard and stores it in a folder that all share, the last one the results.

    python shards_dask.py [model.toml] [folder]

On a cluster the client is that of dask-jobqueue:

    from dask_jobqueue import SLURMCluster
    cluster = SLURMCluster(cores=2, processes=1, memory="4GB", walltime="01:00:00")
    cluster.scale(jobs=8)
    client = Client(cluster)
"""

import sys

import dask

import ntwk

MODEL = sys.argv[1] if len(sys.argv) > 1 else "model.toml"
FOLDER = sys.argv[2] if len(sys.argv) > 2 else "out"
SHARDS = 8
VARY = {
    "afferents.A.rate": ["4 Hz", "6 Hz", "8 Hz", "10 Hz"],
    "projections.inhibition.weight": ["2 nS", "4 nS", "8 nS"],
}


def compute(shard):
    return ntwk.sweep(ntwk.Model(MODEL), VARY, repeats=2, shard=(shard, SHARDS), store=FOLDER, threads=1, progress=False).computed


if __name__ == "__main__":
    tasks = [dask.delayed(compute)(shard) for shard in range(SHARDS)]
    print("computed:", sum(dask.compute(*tasks, scheduler="processes", num_workers=2)))
    sweep = ntwk.load(FOLDER)
    print(sweep)
    print(sweep["rate"].mean(axis=2).round(2))
