//! A filter's module in the runtime. Each call gets an instance of its own: nothing of a batch is there when the next one comes,
//! so the same batch always gets the same answer. There is no clock, no randomness and no I/O; docs/guide/filters.md is the contract.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use openqoe_spec::FilterFailure;
use wasmtime::{Engine, ExternType, FuncType, Instance, InstancePre, Linker, Memory, Store, Trap, ValType};

use super::guest::{self, Guest};
use super::said::{Called, Fault, Said};
use super::{Config, FilterError};

/// The version of the contract that is spoken here.
const ABI: i32 = 1;
/// Bytes of a module. It is compiled when the configuration is read.
const MAX_MODULE: u64 = 4 << 20;
/// Bytes of an answer: all attributes at their longest, and places of thousands of events.
const MAX_ANSWER: usize = 64 << 10;
/// Bytes of stack, of the 2 MiB a thread has.
const MAX_STACK: usize = 512 << 10;
const KEEP: u64 = 0;
const DROP: u64 = 1;

/// A module, ready to be called.
pub(super) struct Module {
    instance: InstancePre<Guest>,
    fuel: u64,
    memory: usize,
}

/// What a module answers is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadAnswer(String);

impl Module {
    /// Compiles a module and checks it against the contract.
    ///
    /// # Errors
    /// When the file cannot be read or is no module, it does not speak this version, or it cannot even be started.
    pub(super) fn load(config: &Config) -> Result<Module, FilterError> {
        let path = config.path.display().to_string();
        let wrong = |error: wasmtime::Error| FilterError::Module {
            path: path.clone(),
            problem: format!("{error:#}"),
        };
        let bytes = read(&config.path)?;
        let engine = Engine::new(&settings()).map_err(wrong)?;
        let module = wasmtime::Module::new(&engine, bytes).map_err(wrong)?;
        check(&module).map_err(|problem| FilterError::Module { path: path.clone(), problem })?;
        let mut linker = Linker::new(&engine);
        guest::link(&mut linker).map_err(wrong)?;
        let instance = linker.instantiate_pre(&module).map_err(wrong)?;
        let module = Module { instance, fuel: config.fuel, memory: config.memory };
        let version = module.version().map_err(wrong)?;
        if version == ABI {
            return Ok(module);
        }
        let problem = format!("speaks version {version} of the contract, this gateway {ABI}");
        Err(FilterError::Module { path, problem })
    }

    /// Asks about one batch. It takes as long as the fuel lasts.
    pub(super) fn call(&self, question: &[u8]) -> Called {
        let (mut store, answer) = match self.store() {
            Ok(mut store) => {
                let answer = self.ask(&mut store, question);
                (store, answer)
            }
            Err(error) => return Called::failed(error.to_string()),
        };
        let answer = answer.map_err(|error| fault(store.data(), &error));
        Called { answer, log: store.data_mut().take_log() }
    }

    fn store(&self) -> wasmtime::Result<Store<Guest>> {
        let mut store = Store::new(self.instance.module().engine(), Guest::new(self.memory));
        store.limiter(|guest| guest);
        store.set_fuel(self.fuel)?;
        Ok(store)
    }

    fn version(&self) -> wasmtime::Result<i32> {
        let mut store = self.store()?;
        let instance = self.instance.instantiate(&mut store)?;
        instance.get_typed_func::<(), i32>(&mut store, "filter_abi")?.call(&mut store, ())
    }

    fn ask(&self, store: &mut Store<Guest>, question: &[u8]) -> wasmtime::Result<Said> {
        let instance = self.instance.instantiate(&mut *store)?;
        let length = u32::try_from(question.len())?;
        let alloc = instance.get_typed_func::<u32, u32>(&mut *store, "filter_alloc")?;
        let place = alloc.call(&mut *store, length)?;
        memory(&instance, store)?.write(&mut *store, usize::try_from(place)?, question).map_err(|_| {
            BadAnswer(format!("filter_alloc({length}) said {place}, which has no room for it"))
        })?;
        let filter = instance.get_typed_func::<(u32, u32), u64>(&mut *store, "filter_batch")?;
        match filter.call(&mut *store, (place, length))? {
            KEEP => Ok(Said::Keep),
            DROP => Ok(Said::Drop),
            packed => {
                let (place, length) =
                    (usize::try_from(packed >> 32)?, usize::try_from(packed & 0xffff_ffff)?);
                if length > MAX_ANSWER {
                    return Err(BadAnswer(format!("{length} bytes, of {MAX_ANSWER} there may be")).into());
                }
                let text = memory(&instance, store)?.data(&*store).get(place..place.saturating_add(length));
                let text =
                    text.ok_or_else(|| BadAnswer(format!("{packed:#x} points outside of the memory")))?;
                Ok(Said::Change(text.to_vec()))
            }
        }
    }
}

fn settings() -> wasmtime::Config {
    let mut settings = wasmtime::Config::new();
    settings.consume_fuel(true).max_wasm_stack(MAX_STACK);
    // The same answer on every machine.
    settings.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
    settings
}

fn read(path: &Path) -> Result<Vec<u8>, FilterError> {
    let named = path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_MODULE + 1).read_to_end(&mut bytes))
        .map_err(|source| FilterError::File { path: named.clone(), source })?;
    if bytes.len() as u64 > MAX_MODULE {
        let problem = format!("is larger than {MAX_MODULE} bytes");
        return Err(FilterError::Module { path: named, problem });
    }
    Ok(bytes)
}

/// Holds imports and exports against the contract.
fn check(module: &wasmtime::Module) -> Result<(), String> {
    if let Some(import) =
        module.imports().find(|import| (import.module(), import.name()) != (guest::MODULE, guest::LOG))
    {
        let (module, name) = (import.module(), import.name());
        return Err(format!(
            "imports `{module}.{name}`; a filter may import nothing but `openqoe.log` (is it built for wasm32-unknown-unknown?)"
        ));
    }
    if !matches!(module.get_export("memory"), Some(ExternType::Memory(memory)) if !memory.is_64()) {
        return Err("exports no `memory`".into());
    }
    let (i32, i64) = (ValType::I32, ValType::I64);
    for (name, parameters, result) in [
        ("filter_abi", vec![], i32.clone()),
        ("filter_alloc", vec![i32.clone()], i32.clone()),
        ("filter_batch", vec![i32.clone(), i32], i64),
    ] {
        let expected = FuncType::new(module.engine(), parameters, [result]);
        match module.get_export(name) {
            Some(ExternType::Func(is)) if FuncType::eq(&is, &expected) => {}
            Some(_) => return Err(format!("exports `{name}`, but not as {expected}")),
            None => return Err(format!("exports no `{name}`")),
        }
    }
    Ok(())
}

fn memory(instance: &Instance, store: &mut Store<Guest>) -> wasmtime::Result<Memory> {
    instance.get_memory(store, "memory").ok_or_else(|| BadAnswer("there is no memory".into()).into())
}

fn fault(guest: &Guest, error: &wasmtime::Error) -> Fault {
    let reason = match error.downcast_ref::<Trap>() {
        _ if guest.is_over_memory() => FilterFailure::Memory,
        Some(Trap::OutOfFuel) => FilterFailure::Fuel,
        None if error.is::<BadAnswer>() => FilterFailure::Answer,
        _ => FilterFailure::Trap,
    };
    // Only the cause: a backtrace is many lines, and the next batch may bring another.
    Fault { reason, detail: error.root_cause().to_string() }
}
