//! What an instance may use, and the one thing it may call: a log of few and short lines.

use wasmtime::{Caller, Extern, Linker, ResourceLimiter};

/// Where the import is found.
pub(super) const MODULE: &str = "openqoe";
pub(super) const LOG: &str = "log";
/// Lines of one call.
const MAX_LINES: usize = 4;
/// Bytes of a line.
const MAX_LINE: usize = 256;
/// Fuel of a line, so that logging is bounded by what computing is bounded by.
const LINE_FUEL: u64 = 1000;
/// Elements of a table: functions that are called indirectly.
const MAX_ELEMENTS: usize = 100_000;
const MAX_TABLES: usize = 4;

/// The state of one call.
pub(super) struct Guest {
    memory: usize,
    is_over_memory: bool,
    log: Vec<String>,
    unlogged: usize,
}

impl Guest {
    /// One that may have so many bytes of memory.
    pub(super) fn new(memory: usize) -> Guest {
        Guest { memory, is_over_memory: false, log: Vec::new(), unlogged: 0 }
    }

    /// Whether it wanted more memory than it may have.
    pub(super) fn is_over_memory(&self) -> bool {
        self.is_over_memory
    }

    /// What it logged.
    pub(super) fn take_log(&mut self) -> Vec<String> {
        let mut log = std::mem::take(&mut self.log);
        if self.unlogged > 0 {
            log.push(format!("({} more lines were left out)", self.unlogged));
        }
        log
    }

    fn over_memory(&mut self, problem: String) -> wasmtime::Error {
        self.is_over_memory = true;
        wasmtime::Error::msg(problem)
    }
}

impl ResourceLimiter for Guest {
    /// An error, not a `false`: an allocator that is told no ends in a trap which tells nobody why.
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= self.memory {
            return Ok(true);
        }
        Err(self.over_memory(format!("{desired} bytes of memory, of {} it may have", self.memory)))
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= MAX_ELEMENTS {
            return Ok(true);
        }
        Err(self.over_memory(format!("{desired} elements of a table, of {MAX_ELEMENTS} it may have")))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}

/// Provides `openqoe.log(place, length)`.
///
/// # Errors
/// When the runtime does not take it.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, LOG, log)?;
    Ok(())
}

fn log(mut caller: Caller<'_, Guest>, place: u32, length: u32) -> wasmtime::Result<()> {
    let fuel = caller.get_fuel()?;
    caller.set_fuel(fuel.saturating_sub(LINE_FUEL))?;
    if caller.data().log.len() == MAX_LINES {
        caller.data_mut().unlogged += 1;
        return Ok(());
    }
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("a log line without a memory"))?;
    let (place, length) = (usize::try_from(place)?, usize::try_from(length)?.min(MAX_LINE));
    let bytes = memory.data(&caller).get(place..place.saturating_add(length));
    let bytes = bytes.ok_or_else(|| wasmtime::Error::msg("a log line outside of the memory"))?;
    let line = String::from_utf8_lossy(bytes).replace(char::is_control, " ");
    caller.data_mut().log.push(line);
    Ok(())
}
