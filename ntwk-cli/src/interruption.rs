//! Ctrl-C and the signals of schedulers: what they find, and how the program ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Exit code of a command that Ctrl-C ended.
pub(crate) const INTERRUPTED: i32 = 130;

/// Raised by Ctrl-C. One for the program: whatever computes when it is pressed ends.
pub(crate) static INTERRUPT: AtomicBool = AtomicBool::new(false);

/// Raised by the first signal of a scheduler while points are computed: those at hand are finished, and no other is begun.
pub(crate) static ENDING: AtomicBool = AtomicBool::new(false);

/// What a Ctrl-C would find; changed and looked at under one lock, so that none falls between.
static STATE: Mutex<State> = Mutex::new(State {
    in_order: false,
    by_points: false,
    stored: Vec::new(),
    folders: Vec::new(),
    say: |_| {},
});

struct State {
    /// Whether the command has something to keep, so that it must end in order. Else Ctrl-C ends the program at once,
    /// wherever it is.
    in_order: bool,
    /// Whether a signal of a scheduler lets it finish the points at hand.
    by_points: bool,
    /// Files that are complete.
    stored: Vec<PathBuf>,
    /// Folders in which files may be half written.
    folders: Vec<PathBuf>,
    /// Tells the user.
    say: fn(&str),
}

fn state() -> MutexGuard<'static, State> {
    // Poisoned only by a panic, which has ended the program.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on Ctrl-C and the signals of schedulers (SIGTERM, SIGHUP, SIGUSR1) end the program: at once where nothing would be
/// lost, in order where a command has something to keep. A second Ctrl-C ends it at once. `say` tells the user what was kept.
pub(crate) fn listen(say: fn(&str)) {
    state().say = say;
    // Without a handler a signal ends the program at once, which is what it did before.
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
        let Ok(mut signals) =
            signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM, SIGUSR1])
        else {
            return;
        };
        std::thread::spawn(move || {
            for signal in &mut signals {
                received(signal == SIGTERM || signal == SIGUSR1);
            }
        });
    }
    #[cfg(not(unix))]
    {
        let _ = ctrlc::set_handler(|| received(false));
    }
}

/// A signal has come, of a scheduler or of a user.
fn received(of_scheduler: bool) {
    let state = state();
    if of_scheduler
        && state.by_points
        && !INTERRUPT.load(Ordering::Relaxed)
        && !ENDING.swap(true, Ordering::Relaxed)
    {
        (state.say)(
            "told to end: the points at hand are finished, no other is begun; a second signal ends at once",
        );
        return;
    }
    if INTERRUPT.swap(true, Ordering::Relaxed) {
        (state.say)("ended at once by a second Ctrl-C");
        leave(&state);
    }
    if !state.in_order {
        leave_saying(&state);
    }
}

fn leave_saying(state: &State) -> ! {
    (state.say)(&kept_in(&state.stored));
    leave(state)
}

fn leave(state: &State) -> ! {
    state.folders.iter().for_each(|folder| ntwk_io::remove_unfinished(folder));
    std::process::exit(INTERRUPTED)
}

fn kept_in(stored: &[PathBuf]) -> String {
    if stored.is_empty() {
        return "interrupted; nothing was stored".to_owned();
    }
    let names: Vec<String> = stored.iter().map(|file| file.display().to_string()).collect();
    format!("interrupted; stored before: {}", names.join(", "))
}

/// What an interrupted command says that ended in order: which files it had stored.
pub(crate) fn kept() -> String {
    kept_in(&state().stored)
}

/// Whether Ctrl-C was pressed.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPT.load(Ordering::Relaxed)
}

/// From here on Ctrl-C lets the command end in order: it has something to keep.
pub(crate) fn keeps_something() {
    state().in_order = true;
}

/// From here on a signal of a scheduler lets the command finish the points at hand.
pub(crate) fn ends_with_points() {
    state().by_points = true;
}

/// From here on Ctrl-C ends the program at once, as everything is stored; one that was pressed before does it here.
pub(crate) fn all_is_stored() {
    let mut state = state();
    state.in_order = false;
    if is_interrupted() {
        leave_saying(&state);
    }
}

/// Does `work` whose loss is none (a figure of what is stored): meanwhile Ctrl-C ends the program at once.
pub(crate) fn dispensable<R>(work: impl FnOnce() -> R) -> R {
    let before = std::mem::replace(&mut state().in_order, false);
    let result = work();
    state().in_order = before;
    result
}

/// A file is complete.
pub(crate) fn stored(file: &Path) {
    state().stored.push(file.to_owned());
}

/// Files will be written in `folder`.
pub(crate) fn writes_in(folder: &Path) {
    // A file named without a folder lies in the current one.
    let here = folder.as_os_str().is_empty();
    state().folders.push(if here { PathBuf::from(".") } else { folder.to_owned() });
}
