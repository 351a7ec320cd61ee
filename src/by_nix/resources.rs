//! How many processes of Nix may run side by side, and how much memory each may take.

use std::fs;
use std::thread;

/// What a usual host takes at most, in bytes: with every service 300 to 600 MB were measured.
const USUAL: u64 = 1 << 30;

/// What Nix may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    /// How many processes run side by side.
    pub jobs: usize,
    /// How large the heap of each may be, in bytes; none where the free memory is not known.
    pub heap: Option<u64>,
}

impl Resources {
    /// Those of this machine, with this many processes if that is said.
    pub fn here(jobs: Option<usize>) -> Self {
        let free = fs::read_to_string("/proc/meminfo").ok().and_then(|meminfo| available(&meminfo));
        Self::of(jobs, thread::available_parallelism().map_or(1, usize::from), free)
    }

    /// Those of a machine with so many cores and so many free bytes.
    pub fn of(jobs: Option<usize>, cores: usize, free: Option<u64>) -> Self {
        let fitting = free.map_or(cores, |free| usize::try_from(free / USUAL).unwrap_or(cores));
        let jobs = jobs.unwrap_or_else(|| cores.min(fitting)).max(1);
        Resources { jobs, heap: free.map(|free| (free / jobs as u64).max(USUAL)) }
    }
}

/// `MemAvailable` (proc_meminfo(5)), in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_process_for_each_core_and_gibibyte_and_at_least_one() {
        assert_eq!(Resources::of(None, 8, Some(3 * GIB)), Resources { jobs: 3, heap: Some(GIB) });
        assert_eq!(Resources::of(None, 2, Some(8 * GIB)), Resources { jobs: 2, heap: Some(4 * GIB) });
        assert_eq!(Resources::of(None, 8, Some(GIB / 2)), Resources { jobs: 1, heap: Some(GIB) });
        assert_eq!(Resources::of(None, 4, None), Resources { jobs: 4, heap: None });
        assert_eq!(Resources::of(Some(5), 2, Some(2 * GIB)), Resources { jobs: 5, heap: Some(GIB) });
        assert_eq!(Resources::of(Some(0), 2, Some(2 * GIB)), Resources { jobs: 1, heap: Some(2 * GIB) });
    }

    #[test]
    fn free_memory_is_what_the_kernel_says_is_available() {
        assert_eq!(available("MemTotal:  900 kB\nMemAvailable:    512 kB\n"), Some(512 * 1024));
        assert_eq!(available("MemTotal:  900 kB\n"), None);
    }
}
