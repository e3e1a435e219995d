//! `openqoe bench`: a load of made-up viewers on a gateway, by any protocol, at a steady rate. It is an open loop: what is due is sent
//! when it is due, so that a slow answer shows as lateness and does not lower the rate unseen. In the end the gateway's ledger is held
//! against what it accepted.

mod command;
mod door;
mod latencies;
mod ledger;
mod progress;
mod sender;
mod session;
mod summary;
mod tally;

pub(crate) use command::Bench;
