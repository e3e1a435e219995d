//! The core of the SDKs: what happens between an event of a player and a request to the gateway, without I/O, clock or
//! chance of its own. It batches, samples, repeats, keeps what could not be sent, and is silent where the viewer objects; the
//! host has the sockets, the disk and the clocks, and does what it is told by [`Command`]s.
//!
//! This is the second implementation of the contract in `spec/vectors/sdk/README.md`; the first is the web SDK. The vectors
//! beside it hold both to it.
//!
//! ```
//! use openqoe_client::{Answer, Client, Command, Now, Options, Random, Sample};
//! use openqoe_spec::{EventKind, Trigger};
//!
//! struct Dice; // The platform's: SecureRandom, SystemRandomNumberGenerator, getrandom ...
//! impl Random for Dice {
//!     fn fraction(&self) -> f64 {
//!         0.5
//!     }
//!     fn bits(&self) -> u64 {
//!         0x9e37_79b9_7f4a_7c15
//!     }
//! }
//!
//! let at = |ms| Now { monotonic_ms: ms, wall_ms: 1_763_688_000_000 + ms };
//! let mut client = Client::new(Options::new("https://collector.example.com/v1/ingest"), Box::new(Dice))?;
//! client.restore(at(0), &[]); // What the host has kept; nothing, the first time.
//! client.open(at(0));
//! client.record(at(4), EventKind::PlayRequest { trigger: Trigger::User });
//!
//! assert_eq!(client.next_tick(), Some(204));
//! let commands = client.tick(at(204), Sample::default());
//! let [Command::Send(request)] = commands.as_slice() else { panic!("{commands:?}") };
//! assert!(request.body.contains(r#"{"type":"play_request","seq":1,"t":4}"#));
//!
//! let answer = Answer { status: 200, ..Answer::default() };
//! assert_eq!(client.answer(at(250), request.id, &answer), []);
//! assert_eq!(client.next_tick(), Some(10_000));
//! # Ok::<(), openqoe_client::Error>(())
//! ```

mod answer;
mod attributes;
mod client;
mod clock;
mod delivery;
mod host;
mod options;
mod queue;
mod retry;
mod sampler;
mod session;
mod store;
mod viewer;
mod wire;

pub use client::Client;
pub use delivery::Counts;
pub use host::{Answer, Command, Now, Random, Record, Request, Sample};
pub use options::{AttributeValue, Consent, Error, Gpc, Options};
pub use store::MAX_RECORD_BYTES;
