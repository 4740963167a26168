//! Programs that start several processes: what they say to each in its environment.

/// Variables that number the processes of one launcher: its name, the number, how many there are.
pub(crate) const LAUNCHERS: [(&str, &str, &str); 3] = [
    // Before Slurm's, which the processes of an mpirun inherit from the job that started it.
    ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("MPICH, Intel MPI", "PMI_RANK", "PMI_SIZE"),
    ("srun", "SLURM_PROCID", "SLURM_NTASKS"),
];

/// A launcher of MPI that started this process as one of several, where `variable` gives the variables of the environment: its name,
/// the variable that says how many they are, and that number.
#[must_use]
pub fn launched(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, &'static str, usize)> {
    // srun is none: it starts processes that have nothing to do with each other as well.
    LAUNCHERS[..2].iter().find_map(|&(launcher, _, size)| {
        let processes = variable(size)?.trim().parse().ok()?;
        (processes > 1).then_some((launcher, size, processes))
    })
}

/// Whether this process was started so that it can join others by MPI.
#[must_use]
pub fn may_join(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    // The last is that of srun --mpi=pmix, which has no other.
    let names = [LAUNCHERS[0].2, LAUNCHERS[1].2, "PMIX_RANK"];
    names.iter().any(|name| variable(name).is_some())
}
