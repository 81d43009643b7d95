//! The most memory that this process has held.

/// Forgets what the process has held so far, as far as the system can: the peak is counted from now on. False where it cannot.
pub(super) fn forget_peak() -> bool {
    // proc(5): writing 5 sets the peak resident set size to what is resident now.
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most bytes that were resident at once since the peak was forgotten; None on systems that do not tell.
pub(super) fn peak_bytes() -> Option<u64> {
    in_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM:  123 kB`.
fn in_status(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_stands_in_the_status() {
        assert_eq!(in_status("VmPeak:\t  99 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 7 kB\n"), Some(2 << 20));
        assert_eq!(in_status("VmRSS:\t 7 kB\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_was_held_counts() {
        if forget_peak() {
            let before = peak_bytes().expect("linux tells");
            let held = std::hint::black_box(vec![1_u8; 192 << 20]);
            assert!(peak_bytes().expect("linux tells") >= before + (96 << 20));
            drop(held);
        }
    }
}
