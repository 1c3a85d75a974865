//! What the process asks of the system for its own protection, and for its connections.

/// No file ever holds this process's memory, and no other process of the same user reads it; root's still do. False where the system refuses.
#[cfg(target_os = "linux")]
pub(super) fn no_core_dumps() -> bool {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let limited = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A program that `core_pattern` pipes to does not ask for the limit.
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    limited.is_ok() && hidden.is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn no_core_dumps() -> bool {
    false
}

/// Lets the process open as many files as the system allows it; gives how many that is. None: any number, or the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => getrlimit(Resource::Nofile).current,
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn raise_file_limit() -> Option<u64> {
    None
}
