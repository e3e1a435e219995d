//! What each row of the series table has grown by since the sample before, added to the groups it belongs to.
//!
//! Growth is told row by row: a group's sum falls when an idle row goes, and grows at the same time with the others. What a row
//! held when it was first looked at was counted before; a row that is born later began at nothing; one that falls has begun anew.

use std::collections::HashMap;
use std::sync::Arc;

use openqoe_metrics::{Reading, Snapshot, label_pairs};
use openqoe_spec::Scope;

use super::terms::Reader;
use super::track::{Intake, Track};

/// The scopes an indicator can be made of.
const SCOPES: [Scope; 3] = [Scope::View, Scope::Experiment, Scope::Tenant];

/// The rows there are.
#[derive(Default)]
pub(super) struct Rows {
    readers: Vec<Reader>,
    known: [HashMap<Arc<str>, Row>; SCOPES.len()],
    /// Number of the sample, to tell who is gone.
    sample: u64,
}

struct Row {
    seen: u64,
    /// By reader; NaN where it has not been read yet.
    values: Box<[f64]>,
    /// The group it belongs to, by objective; `None` where nobody has asked.
    places: Option<Box<[Option<usize>]>>,
}

impl Rows {
    /// Reads other terms from now on. What was read before goes on where it was.
    pub(super) fn reread(&mut self, readers: Vec<Reader>) {
        let before: Vec<Option<usize>> =
            readers.iter().map(|reader| self.readers.iter().position(|old| old.is(reader))).collect();
        for row in self.known.iter_mut().flat_map(HashMap::values_mut) {
            row.values = before.iter().map(|old| old.map_or(f64::NAN, |old| row.values[old])).collect();
            row.places = None;
        }
        self.readers = readers;
    }

    /// Adds what has been counted since the last call to the tracks' groups. Rows that are there at the `first` call bring
    /// nothing with them.
    pub(super) fn take(
        &mut self,
        snapshot: &Snapshot,
        first: bool,
        tracks: &mut [Track],
        intake: &mut Intake,
    ) {
        self.sample += 1;
        for (scope, known) in SCOPES.into_iter().zip(&mut self.known) {
            let of_scope: Vec<bool> = self.readers.iter().map(|reader| reader.is_of(scope)).collect();
            if !of_scope.contains(&true) {
                continue;
            }
            let mut grown = vec![0.0; self.readers.len()];
            for (labels, reading) in snapshot.readings(scope) {
                let row = match known.get_mut(labels) {
                    Some(row) => row,
                    None => known.entry(labels.clone()).or_insert(Row::new(self.readers.len(), first)),
                };
                row.seen = self.sample;
                let has_grown = row.read(&self.readers, &of_scope, reading, &mut grown);
                let places = row.places.get_or_insert_with(|| {
                    let pairs: Vec<_> = label_pairs(labels).collect();
                    tracks.iter_mut().map(|track| track.place(scope, &self.readers, &pairs, intake)).collect()
                });
                if has_grown {
                    for (track, place) in tracks.iter_mut().zip(&*places) {
                        place.iter().for_each(|group| track.count(*group, &grown));
                    }
                }
            }
            known.retain(|_, row| {
                let is_there = row.seen == self.sample;
                if !is_there {
                    let places = row.places.iter().flatten().zip(&mut *tracks);
                    places.for_each(|(place, track)| place.iter().for_each(|group| track.leave(*group)));
                }
                is_there
            });
        }
    }
}

impl Row {
    fn new(readers: usize, first: bool) -> Row {
        let began = if first { f64::NAN } else { 0.0 };
        Row { seen: 0, values: vec![began; readers].into(), places: None }
    }

    /// Fills in what each term has grown by; whether any has.
    fn read(&mut self, readers: &[Reader], of_scope: &[bool], row: Reading<'_>, grown: &mut [f64]) -> bool {
        let mut any = false;
        for (index, reader) in readers.iter().enumerate().filter(|(index, _)| of_scope[*index]) {
            let now = reader.read(row);
            let before = std::mem::replace(&mut self.values[index], now);
            grown[index] = match before {
                before if before.is_nan() => 0.0,
                before if now < before => now,
                before => now - before,
            };
            any |= grown[index] > 0.0;
        }
        any
    }
}
