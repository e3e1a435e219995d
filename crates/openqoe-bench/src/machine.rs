//! The machine, for figures mean nothing without it (Linux).

use std::fs::read_to_string;

/// What it is.
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) memory_bytes: u64,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Machine {
        let field = |file: &str, name: &str, end: char| {
            let text = read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', end]).to_owned()
        };
        let memory = field("/proc/meminfo", "MemTotal", ':');
        let kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
        Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: field("/proc/cpuinfo", "model name", ':'),
            memory_bytes: kib * 1024,
        }
    }

    /// In one line.
    pub(crate) fn describe(&self) -> String {
        let gib = self.memory_bytes as f64 / f64::from(1 << 30);
        format!("{} cores, {}, {gib:.0} GiB", self.cores, self.cpu)
    }
}
