//! Commands that a launcher of MPI started as several processes.

use std::sync::Arc;

use ntwk::run::launcher::launched;
use ntwk_core::ranks::Ranks;

use crate::Failure;
use crate::args::Command;
use crate::output::be_silent;

/// A variable of the environment.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Refuses what several processes would each do by themselves, over the same files.
pub(crate) fn check(command: &Command) -> Result<(), Failure> {
    let prints = matches!(
        command,
        Command::Check(_) | Command::Info(_) | Command::Plan(_) | Command::Reference(_)
    );
    let shares = matches!(command, Command::Sweep(_))
        || cfg!(feature = "mpi") && matches!(command, Command::Run(_));
    let Some((launcher, size, processes)) = launched(&variable).filter(|_| !prints && !shares)
    else {
        return Ok(());
    };
    let without = if cfg!(feature = "mpi") {
        ""
    } else {
        " of a program that is built with --features mpi, which this one is not"
    };
    Err(Failure::Argument(format!(
        "{launcher} has started {processes} processes, and each would do the whole of this and write the same files; over ranks \
         goes 'ntwk run'{without}, and 'ntwk sweep --shard auto' gives each process its points. Where each process has a task of \
         its own, start it with 'env -u {size} ntwk ...'"
    )))
}

/// Does `work` with the ranks that this process belongs to, where a launcher has started several; rank 0 alone prints then.
pub(crate) fn with_ranks(
    work: impl FnOnce(Option<&Arc<dyn Ranks>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    #[cfg(feature = "mpi")]
    if ntwk::run::launcher::may_join(&variable) {
        let started = ntwk::mpi::World::start();
        // Until the end of `work`: then it waits for the others.
        let world = started.map_err(|error| Failure::Argument(error.to_string()))?;
        be_silent(world.ranks().rank() > 0);
        return work(Some(world.ranks()));
    }
    work(None)
}

/// What this rank has done, unless one failed: then all fail, and the first of those that know why says it.
pub(crate) fn agree<T>(ranks: &dyn Ranks, own: Result<T, Failure>) -> Result<T, Failure> {
    let knows = matches!(&own, Err(failure) if !failure.is_of_another_rank());
    let place = (ranks.ranks() - ranks.rank()) as u64;
    let mut values = [u64::from(own.is_err()), if knows { place } else { 0 }];
    ranks.greatest(&mut values);
    let [failed, first] = values;
    if failed == 0 {
        return own;
    }
    let speaks = knows && first == place;
    be_silent(!speaks);
    match own {
        Err(failure) if speaks => Err(failure),
        _ => Err(Failure::OtherRank),
    }
}
